import Foundation
import TestSupport

/// A command of otp-enroll whose service can be traced, and killed at one of its calls.
struct TracedCommand {
    private let scratch: Scratch
    private let words: [String]
    private let trace: String

    init(_ words: [String], at desk: Desk) throws {
        scratch = desk.scratch
        trace = scratch.file("trace")
        let around = try scratch.write("", to: "around")
        let service = try WrappedService(in: scratch, behind: "$(cat '\(around)')")
        self.words = try desk.words(words, by: service.program)
    }

    /// Runs it with a traced service, which is killed where `injection` says.
    func traced(_ injection: String? = nil) async throws -> Command {
        unlink(trace)
        let before = Trace.words(to: trace, injection: injection, follows: false, appends: true)
        return try await run(behind: before)
    }

    /// Runs it with its service behind these words.
    func run(behind words: [String] = []) async throws -> Command {
        try scratch.write(words.joined(separator: " "), to: "around")
        return try await Command.run(self.words)
    }

    /// The calls of the service that was traced last.
    var seen: Trace { get throws { try Trace(trace) } }
}
