import Foundation
import OTPSystem
import Testing

/// Other programs, as second clients.
enum Program {
    /// What a program said.
    struct Result {
        let status: Int32
        let output: String
        let errors: String
    }

    /// Runs a program to its end, which must come within `limit`.
    static func run(
        _ path: String, _ words: [String], input: String = "", limit: Duration = .seconds(60)
    ) async throws -> Result {
        try await withCheckedThrowingContinuation { continuation in
            Thread.detachNewThread {
                continuation.resume(
                    with: Swift.Result {
                        try runBlocking([path] + words, Array(input.utf8), limit)
                    })
            }
        }
    }

    // Not by Foundation's Process, which takes a program for running as long as any other one that
    // was started at the same moment runs.
    private static func runBlocking(
        _ words: [String], _ input: [UInt8], _ limit: Duration
    ) throws -> Result {
        let result = try Tool.run(
            words, reading: input, environment: ["PATH=/usr/bin:/bin", "LANG=C.UTF-8"],
            within: limit, keeping: 1 << 20)
        let ended = try #require(result, "\(words) took longer than \(limit)")
        return Result(
            status: ended.status, output: String(decoding: ended.output, as: UTF8.self),
            errors: String(decoding: ended.errors, as: UTF8.self))
    }

    /// The built program of this package.
    static func built(_ name: String) throws -> String {
        let folder = Bundle.allBundles.map(\.bundleURL).first { $0.pathExtension == "xctest" }?
            .deletingLastPathComponent()
        let own = URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent()
        let paths = [folder, own].compactMap { $0?.appendingPathComponent(name).path }
        return try #require(paths.first { FileManager.default.isExecutableFile(atPath: $0) })
    }
}
