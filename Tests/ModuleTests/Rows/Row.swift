import Foundation
import TestSupport
import Testing

/// One row of docs/RESULTS.md: a situation, and exactly what the module returns then.
struct Row: Sendable, CustomTestStringConvertible {
    let name: String
    let code: String
    /// The kinds of service with which it is shown.
    let doors: Doors
    let run: @Sendable (Row) async throws -> Void

    enum Doors {
        /// Both: with a listening service, and without one.
        case both
        /// The row itself sets up the service, or is about something that only one kind can show.
        case one
    }

    init(
        name: String, code: String, doors: Doors = .both,
        run: @escaping @Sendable (Row) async throws -> Void
    ) {
        (self.name, self.code, self.doors, self.run) = (name, code, doors, run)
    }

    var testDescription: String { name }

    /// A row in which one login of an enrolled user shows the result. `prepare` may change the
    /// store and returns the answer; the log line must contain `log`.
    static func login(
        _ name: String, _ code: String, arguments: String = "", service: String = "login",
        prompts: Int = 1, log: String, says: String? = nil, silent: Bool = false,
        recordStays: Bool = false, from address: (@Sendable () -> String)? = nil,
        around: [String] = [], behind: [String] = [],
        _ prepare: @escaping @Sendable (Enrolled, Stack) async throws -> [String]
    ) -> Row {
        // Words before the service, such as another clock, only work for one that is started.
        Row(name: name, code: code, doors: behind.isEmpty ? .both : .one) { row in
            let systemLog = try SystemLog.shared()
            let enrolled = try Enrolled()
            let before = try enrolled.stack(arguments, service: service)
            let commands = try await prepare(enrolled, before)
            let stack = try enrolled.stack(arguments, service: service, behind: behind)
            let bytes = try? enrolled.bytes
            let kept = try? enrolled.read { $0.encoded }
            let mark = address?() ?? "rhost-\(UUID().uuidString)"
            let results = try await stack.run(
                ["user \(enrolled.user)", "rhost \(mark)"] + commands + ["go authenticate"],
                around: around)
            let result = try #require(results.last)
            #expect(result.name == row.code)
            #expect(result.prompts == prompts)
            #expect(result.left == 0, "answers left over")
            if let says { #expect(result.said.contains { $0.hasPrefix(says) }, "\(result.said)") }
            if silent { #expect(result.said.isEmpty) }
            // An answer that is no guess is written nevertheless, with unchanged contents.
            let stays = (try? enrolled.bytes) == bytes
            #expect(
                !recordStays || stays
                    || (kept != nil && kept == (try? enrolled.read { $0.encoded })),
                "the record was changed")
            let line = try await systemLog.line(containing: "rhost=\(mark)")
            #expect(line.facility == 10)
            #expect(line.text.contains(log), "\(line.text)")
            for command in commands where command.hasPrefix("answer ") {
                let answer = command.dropFirst(7).filter { $0 != "-" && $0 != " " }
                if answer.count > 5 { #expect(!line.text.contains(answer), "the log has the code") }
            }
        }
    }
}
