import Foundation
import Synchronization
import TestSupport

/// A host of the fleet: agent, swiftotpd and sshd on a machine.
final class Host: Sendable {
    let machine: Machine
    private let scratch: Scratch
    private let agent = Mutex<Daemon?>(nil)
    private let unit: SocketUnit
    private let doors = Mutex(0)

    var name: String { machine.name }

    /// A program of the root package, built for tests or as shipped.
    static func program(_ name: String) throws -> String {
        let path = Build.place(of: name, in: Project.path(".build/debug"))
        guard access(path, R_OK) == 0 else { throw Trouble("\(path) is not built") }
        return path
    }

    /// Sets up swiftotpd on a machine, with `options` besides `fleet = yes`.
    init(on machine: Machine, options: String = "") async throws {
        self.machine = machine
        scratch = try Scratch()
        try Data("fleet = yes\n\(options)\n".utf8).write(
            to: URL(fileURLWithPath: "\(machine.folder)/etc/security/swiftotp.conf"))
        try await machine.run([Host.program("swiftotpd"), "--init"])
        unit = try await SocketUnit(
            "\(machine.folder)/run/swiftotp/swiftotpd.sock", in: scratch, backlog: 512,
            starting: machine.words + [Host.program("swiftotpd")])
    }

    // MARK: The agent

    /// Joins a fleet with a token, and with `options` besides.
    func join(_ servers: String, token: String, _ options: [String] = []) async throws {
        let words = ["join", servers, "--token", token, "--again"] + options
        try await machine.run([OTPServer.program("swiftotp-agent")] + words)
    }

    /// The token of a new invite for this host, with these rights, and `options` besides.
    func invite(
        by server: OTPServer, rights: String, realm: String = "main", _ options: [String] = []
    ) async throws -> String {
        let words = ["invite", name, "--rights", rights, "--realm", realm] + options
        let said = try await Command.output(server.words(words))
        guard let token = said.firstMatch(of: #/--token (\S+)/#)?.output.1 else {
            throw Trouble("no token: \(said)")
        }
        return String(token)
    }

    /// Joins the fleet of two servers with these rights, and starts the agent.
    func join(_ fleet: [OTPServer], rights: String) async throws {
        let token = try await invite(by: fleet[0], rights: rights)
        // A host asks the first one, so two servers judge at the same time.
        let servers = name == "web2" ? "https://otp2,https://otp1" : "https://otp1,https://otp2"
        try await join(servers, token: token)
        try await startAgent()
        try await awaitServers(2)
    }

    /// Starts the agent, and waits until it reaches a server.
    func startAgent(around: [String] = []) async throws {
        // What is left of the one before, behind another program, may take a moment to end.
        for _ in 0..<20 {
            do {
                return try await startOnce(around: around)
            } catch let trouble as Trouble where "\(trouble)".contains("error number 98") {
                try await Task.sleep(for: .milliseconds(250))
            }
        }
        try await startOnce(around: around)
    }

    private func startOnce(around: [String]) async throws {
        let daemon = try await launchAgent(around: around)
        try await daemon.wait(for: "the agent") { try await isReady() }
    }

    /// What the agent has said so far.
    var agentSaid: String {
        (try? String(contentsOfFile: "\(machine.folder)/agent.log", encoding: .utf8)) ?? ""
    }

    /// Starts the agent.
    @discardableResult
    func launchAgent(around: [String] = []) async throws -> Daemon {
        // As the unit has it.
        let setting = "RES_OPTIONS=timeout:1 attempts:2"
        let daemon = try Daemon(
            machine.words + around
                + ["env", setting, OTPServer.program("swiftotp-agent"), "serve"],
            log: "\(machine.folder)/agent.log")
        agent.withLock { $0 = daemon }
        return daemon
    }

    /// Whether the agent reaches a server that is ready.
    func isReady() async throws -> Bool { try await status().status == 0 }

    /// What the agent says of itself.
    func status() async throws -> Command {
        try await Command.run(
            machine.words + [OTPServer.program("swiftotp-agent"), "status"])
    }

    /// Waits until all of so many servers are ready.
    func awaitServers(_ count: Int, within limit: Duration = .seconds(30)) async throws {
        let end = ContinuousClock.now + limit
        while true {
            let status = try await status().output
            if status.ranges(of: ": ready").count == count { return }
            guard ContinuousClock.now < end else {
                throw Trouble("\(name) does not reach \(count) servers: \(status)")
            }
            try await Task.sleep(for: .milliseconds(100))
        }
    }

    /// Waits until the agent says why so many servers are not ready.
    func awaitReason(_ reason: String, of count: Int = 1) async throws {
        let end = ContinuousClock.now + .seconds(30)
        while true {
            let status = try await status().output
            let lines = status.split(separator: "\n").filter {
                $0.contains(": not ready: ") && $0.contains(reason)
            }
            if lines.count >= count { return }
            guard ContinuousClock.now < end else {
                throw Trouble("\(name) does not hear “\(reason)” from \(count): \(status)")
            }
            try await Task.sleep(for: .milliseconds(100))
        }
    }

    /// Whether the agent runs as it should.
    var hasAgent: Bool { agent.withLock { $0?.child.status == nil && $0 != nil } }

    /// Kills the agent.
    func killAgent() {
        agent.withLock { agent in
            agent?.kill()
            agent = nil
        }
    }

    // MARK: otp-enroll

    /// The words that run otp-enroll, as a user or as root.
    func enroll(_ words: [String], as account: Account? = nil) throws -> [String] {
        let all = try [Host.program("otp-enroll")] + words
        return machine.words + (account?.running(all) ?? all)
    }

    // MARK: Doors

    /// Writes a PAM service for which only these lines authenticate; `module` stands for ours.
    func service(_ lines: [String], named name: String) throws {
        let module = "\(try Host.program("libpam_swiftotp.so")) program=/nonexistent/swiftotpd"
        let all =
            lines.map { $0.replacing("module", with: module) }
            + ["account required pam_permit.so", "session required pam_permit.so"]
        try Data((all.joined(separator: "\n") + "\n").utf8).write(
            to: URL(fileURLWithPath: "\(machine.folder)/etc/pam.d/\(name)"))
    }

    /// A number for a door.
    func newNumber() -> Int {
        doors.withLock { doors in
            doors += 1
            return doors
        }
    }
}
