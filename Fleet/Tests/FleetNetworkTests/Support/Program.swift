import Foundation
import Testing

/// Other programs, as second clients.
enum Program {
    /// What a program said.
    struct Result {
        let status: Int32
        let output: String
        let errors: String
    }

    /// Runs a program to its end, which must come within `limit` seconds.
    static func run(
        _ path: String, _ words: [String], input: String = "", limit: Double = 60
    ) async throws -> Result {
        try await withCheckedThrowingContinuation { continuation in
            Thread.detachNewThread {
                continuation.resume(
                    with: Swift.Result { try runBlocking(path, words, input: input, limit: limit) })
            }
        }
    }

    private static func runBlocking(
        _ path: String, _ words: [String], input: String, limit: Double
    ) throws -> Result {
        let folder = try TestFolder()
        defer { withExtendedLifetime(folder) {} }
        let (out, errors) = (try folder.file("out", ""), try folder.file("errors", ""))
        let process = Process()
        process.executableURL = URL(fileURLWithPath: path)
        process.arguments = words
        process.standardInput = FileHandle(forReadingAtPath: try folder.file("in", input))
        process.standardOutput = FileHandle(forWritingAtPath: out)
        process.standardError = FileHandle(forWritingAtPath: errors)
        try process.run()
        let end = Date() + limit
        while process.isRunning, Date() < end { usleep(5000) }
        if process.isRunning {
            kill(process.processIdentifier, SIGKILL)
            Issue.record("\(path) took longer than \(limit) s")
        }
        process.waitUntilExit()
        return Result(
            status: process.terminationStatus, output: read(out), errors: read(errors))
    }

    private static func read(_ path: String) -> String {
        String(decoding: FileManager.default.contents(atPath: path) ?? Data(), as: UTF8.self)
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
