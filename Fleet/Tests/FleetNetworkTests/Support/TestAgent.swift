import Foundation
import OTPWire
import Testing

@testable import FleetNetwork

/// The built agent, with folders of its own.
final class TestAgent: Sendable {
    let folder: TestFolder
    let socket: String
    private let process: Process

    /// Starts it with what a host has, and waits until it listens.
    init(_ credentials: HostCredentials) async throws {
        folder = try TestFolder()
        socket = "\(folder.path)/a.sock"
        try PrivateFile.write(credentials.text, at: "\(folder.path)/host.pem")
        process = Process()
        process.executableURL = URL(fileURLWithPath: try Program.built("swiftotp-agent"))
        process.arguments = [
            "serve", "--folder", folder.path, "--state", folder.path, "--socket", socket,
        ]
        try process.run()
        let socket = socket
        #expect(await eventually { FileManager.default.fileExists(atPath: socket) })
    }

    deinit { kill() }

    /// Its process.
    var pid: Int32 { process.processIdentifier }

    /// Ends it at once.
    func kill() {
        guard process.isRunning else { return }
        Foundation.kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
    }

    /// Asks it, from a thread that may wait.
    func send(_ body: [UInt8]) async throws -> AgentAnswer {
        let path = Array(socket.utf8)
        return try await withCheckedThrowingContinuation { continuation in
            Thread.detachNewThread {
                continuation.resume(with: Result { try AgentClient.send(body, to: path) })
            }
        }
    }

    /// Waits until it reports a server that is ready.
    func isReady() async -> Bool {
        await eventually {
            guard case .answered(let state)? = try? await self.send([]) else { return false }
            return String(decoding: state, as: UTF8.self).contains("\"ready\"")
        }
    }

    /// Runs another command of the program.
    static func run(_ words: String...) async throws -> Program.Result {
        try await Program.run(try Program.built("swiftotp-agent"), words)
    }
}
