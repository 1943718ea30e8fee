import Foundation
import OTPWire
import Testing

@testable import FleetNetwork
@testable import FleetOffline

/// The built agent of a host whose only server answers nobody.
final class CutOffAgent: Sendable {
    let desk: Desk
    let socket: String
    private let process: Process

    /// Starts it on what a desk has, by `words` before its own; waits until it knows that no server
    /// is reached.
    init(_ desk: Desk, through words: [String] = []) async throws {
        self.desk = desk
        let authority = try FleetAuthority.make("lab")
        let request = CertificateRequest()
        let credentials = try HostCredentials(
            // Nothing listens on the port of tcpmux.
            servers: ServerURL.list("https://127.0.0.1:1"), trust: authority.trust,
            chain: authority.sign(request: request.text(), host: "web17", generation: 1),
            key: request.key)
        try PrivateFile.write(credentials.text, at: "\(desk.keys.path)/host.pem")
        socket = "\(desk.keys.path)/a.sock"
        try? FileManager.default.removeItem(atPath: socket)
        process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments =
            words + [
                try Built.program("swiftotp-agent"), "serve", "--folder", desk.keys.path,
                "--state", desk.folder.path, "--socket", socket,
            ]
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        let isThere = await eventually {
            if case .offline? = try? await self.ask(.look, of: "") { true } else { false }
        }
        try #require(isThere, "the agent does not say that no server is reached")
    }

    deinit { end() }

    /// Ends it at once.
    func end() {
        guard process.isRunning else { return }
        kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
    }

    /// Waits until it has ended by itself.
    func hasEnded() async -> Bool { await eventually { !self.process.isRunning } }

    /// Asks it, from a thread that may wait; throws if it does not answer.
    func ask(_ step: OfflineCall.Step, of user: String) async throws -> OfflineReply.Result {
        let (path, call) = (Array(socket.utf8), try OfflineCall(step, user: user).encoded())
        let answer: AgentAnswer = try await withCheckedThrowingContinuation { continuation in
            Thread.detachNewThread {
                continuation.resume(with: Result { try AgentClient.send(call, to: path) })
            }
        }
        guard case .answered(let bytes) = answer else { throw Unanswered() }
        return try Document.offlineReply(bytes).result
    }

    struct Unanswered: Error {}

    func answer(
        _ text: String, _ number: UInt64, of user: String = "alice"
    ) async throws -> OfflineReply.Result {
        try await ask(.answer(number: number, text: text, origin: "sshd"), of: user)
    }
}

/// The built programs of this package.
enum Built {
    static func program(_ name: String) throws -> String {
        let bundle = Bundle.allBundles.map(\.bundleURL).first { $0.pathExtension == "xctest" }
        let own = URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent()
        let paths = [bundle?.deletingLastPathComponent(), own]
            .compactMap { $0?.appendingPathComponent(name).path }
        return try #require(paths.first { FileManager.default.isExecutableFile(atPath: $0) })
    }

    /// Runs a program to its end, and returns what it says; throws if it fails.
    @discardableResult
    static func run(_ words: [String]) async throws -> String {
        try await withCheckedThrowingContinuation { continuation in
            Thread.detachNewThread {
                continuation.resume(with: Result { try runBlocking(words) })
            }
        }
    }

    private static func runBlocking(_ words: [String]) throws -> String {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = words
        // A file: a pipe could be inherited, and kept open, by a server that another test starts.
        let folder = try TestFolder()
        let path = "\(folder.path)/output"
        _ = FileManager.default.createFile(atPath: path, contents: nil)
        let output = FileHandle(forWritingAtPath: path)
        (process.standardOutput, process.standardError) = (output, output)
        process.standardInput = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        let bytes = FileManager.default.contents(atPath: path) ?? Data()
        let text = String(decoding: bytes, as: UTF8.self)
        guard process.terminationStatus == 0 else {
            throw Failure(description: "\(words.joined(separator: " ")): \(text)")
        }
        return text
    }

    /// What a program says that fails, as it should.
    static func refusal(_ run: () async throws -> String) async throws -> String {
        do {
            Issue.record("not refused: \(try await run())")
            return ""
        } catch let failure as Failure {
            return failure.description
        }
    }

    struct Failure: Error, CustomStringConvertible { let description: String }
}
