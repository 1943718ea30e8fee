import Foundation
import TestSupport
import Testing

/// What the real sshd and the module inside it say of refused codes, before fail2ban.
@Suite("fail2ban and sshd")
struct SSHDLogTests {
    /// Where sshd speaks for itself, what it says is no matter of one line alone: on PAM_AUTH_ERR it
    /// keeps silent where the module told the user something, and says `Failed` only at the level
    /// VERBOSE. So the module's own lines are what counts, whatever sshd's settings.
    @Test("A wrong code counts once, by the module's line", arguments: ["INFO", "VERBOSE"])
    func wrongCode(_ level: String) async throws {
        let visits = try await Visits()
        let server = try await server(visits, level)
        let name = visits.account.name
        try await knock(server, name)

        let lines = try moduleLines(about: name)
        #expect(lines.count == 3)
        #expect(
            try await BanFilter.failures(of: lines)
                == Array(repeating: "127.0.0.1 \(name)", count: 3))
        let own = try await BanFilter.failures(of: await said(server), by: "sshd")
        let expected = level == "VERBOSE" ? 3 : 0
        #expect(own == Array(repeating: "127.0.0.1 \(name)", count: expected))
    }

    @Test("A stranger's name counts by sshd's line and by the module's")
    func stranger() async throws {
        let visits = try await Visits()
        let server = try await server(visits, "INFO")
        let name = "stranger-\(server.port)"
        try await knock(server, name)
        #expect(try await BanFilter.failures(of: try moduleLines(about: name)).count == 3)
        let own = try await BanFilter.failures(of: await said(server), by: "sshd")
        #expect(own.count >= 3 && Set(own) == ["127.0.0.1 \(name)"], "\(own)")
    }

    @Test("A store in trouble counts for nobody, by no line at sshd's usual level")
    func trouble() async throws {
        let visits = try await Visits()
        let server = try await server(visits, "INFO")
        chmod(visits.store, 0o755)
        try await knock(server, visits.account.name)
        let lines = try moduleLines(about: visits.account.name)
        #expect(lines.count == 3 && lines.allSatisfy { $0.contains(": cannot check; ") })
        #expect(try await BanFilter.failures(of: lines).isEmpty)
        #expect(try await BanFilter.failures(of: await said(server), by: "sshd").isEmpty)
    }

    // MARK: sshd

    /// sshd with the module alone, at a log level.
    private func server(_ visits: Visits, _ level: String) async throws -> SSHServer {
        let policy = try Policy()
        try policy.replace(
            withLine: "auth required \(visits.module) store=\(visits.store)", passwordOf: "sshd")
        return try await SSHServer(
            methods: "keyboard-interactive:pam", policy: policy, settings: ["LogLevel \(level)"])
    }

    /// One connection, on which three wrong answers are refused.
    private func knock(_ server: SSHServer, _ user: String) async throws {
        let terminal = try Terminal([
            "ssh", "-F", "none", "-o", "UserKnownHostsFile=/dev/null", "-o", "LogLevel=ERROR",
            "-o", "StrictHostKeyChecking=no", "-o", "PreferredAuthentications=keyboard-interactive",
            "-p", String(server.port), "-l", user, "127.0.0.1", "id",
        ])
        for _ in 1...3 {
            try await terminal.expect("Code from your app")
            try await terminal.type("not a code")
        }
        try await terminal.expect("Permission denied (")
        // Its last line is written when the connection has ended.
        try await Task.sleep(for: .seconds(1))
    }

    /// What sshd said on its standard error, as lines of a file.
    private func said(_ server: SSHServer) async -> [String] {
        await server.said.split(whereSeparator: \.isNewline).map {
            Visits.filed(String($0), of: "sshd")
        }
    }

    /// What the module said, as lines of a file.
    private func moduleLines(about user: String) throws -> [String] {
        try SystemLog.shared().lines(containing: ": pam_swiftotp(sshd:auth): ", " user=\(user)")
            .filter { $0.text.split(separator: " ").contains("user=\(user)") }
            .map { Visits.filed($0) }
    }
}
