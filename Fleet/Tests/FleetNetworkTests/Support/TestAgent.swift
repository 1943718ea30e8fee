import Foundation
import OTPSystem
import OTPWire
import Synchronization
import Testing

@testable import FleetNetwork

/// The built agent, with folders of its own.
final class TestAgent: Sendable {
    let folder: TestFolder
    let socket: String
    private let process: Mutex<ChildProcess?>

    /// Starts it with what a host has, and waits until it listens.
    init(_ credentials: HostCredentials) async throws {
        folder = try TestFolder()
        socket = "\(folder.path)/a.sock"
        try PrivateFile.write(credentials.text, at: "\(folder.path)/host.pem")
        let words = [
            try Program.built("swiftotp-agent"), "serve", "--folder", folder.path, "--state",
            folder.path, "--socket", socket,
        ]
        process = Mutex(try ChildProcess(words))
        let socket = socket
        #expect(await eventually { FileManager.default.fileExists(atPath: socket) })
    }

    /// Ends it at once, and waits for that.
    func kill() { process.withLock { $0 = nil } }

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
