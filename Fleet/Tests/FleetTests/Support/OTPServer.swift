import Foundation
import Synchronization
import TestSupport

/// swiftotp-server on a machine.
final class OTPServer: Sendable {
    let machine: Machine
    /// Its settings and keys.
    let folder: String
    private let daemon = Mutex<Daemon?>(nil)

    /// What one of the fleet's built programs is called.
    static func program(_ name: String) throws -> String { try Build.product(name) }

    init(on machine: Machine) {
        self.machine = machine
        folder = "\(machine.folder)/server"
    }

    /// The words that run a command of it.
    func words(_ command: [String]) throws -> [String] {
        machine.words + [
            try OTPServer.program("swiftotp-server"), command[0], "--folder", folder,
        ] + command.dropFirst()
    }

    /// Runs a command that must succeed.
    @discardableResult
    func command(_ command: String...) async throws -> String {
        try await Command.output(words(command))
    }

    /// Gives these hosts their whole budget of failures again.
    func release(_ hosts: [Host]) async throws {
        for host in hosts { try await command("hosts", "--release", host.name) }
    }

    /// Whether it runs as it should.
    var isRunning: Bool {
        daemon.withLock { $0?.child.status == nil && $0 != nil } && !isOdd.withLock { $0 }
    }
    private let isOdd = Mutex(false)

    /// Takes over the folder of another server, for a server of this name.
    func copy(_ other: OTPServer) async throws {
        try await Command.output(["cp", "-a", other.folder, folder])
        try await set("names", machine.name)
        try await command("certificate")
    }

    /// Changes a setting.
    func set(_ key: String, _ value: String) async throws {
        try await Command.output([
            "sed", "-i", "-E", "s|^#?\(key) = .*|\(key) = \(value)|", "\(folder)/server.conf",
        ])
    }

    /// Starts it behind these words, and waits until it says that it serves.
    func start(around: [String] = []) async throws {
        let (words, before) = (try words(["serve"]), count)
        let daemon = try Daemon(
            Array(words.prefix(machine.words.count)) + around
                + words.dropFirst(machine.words.count),
            log: "\(machine.folder)/server.log")
        self.daemon.withLock { $0 = daemon }
        isOdd.withLock { $0 = !around.isEmpty }
        try await daemon.wait(for: "swiftotp-server") { count > before }
    }

    /// What it has said so far.
    var said: String {
        (try? String(contentsOfFile: "\(machine.folder)/server.log", encoding: .utf8)) ?? ""
    }

    private var count: Int { said.ranges(of: "serving the fleet").count }

    /// Kills it with SIGKILL.
    func kill() {
        daemon.withLock { daemon in
            daemon?.kill()
            daemon = nil
        }
    }

    /// Ends it in good order.
    func stop() async throws {
        let daemon = self.daemon.withLock { daemon in
            defer { daemon = nil }
            return daemon
        }
        try await daemon?.end()
    }
}
