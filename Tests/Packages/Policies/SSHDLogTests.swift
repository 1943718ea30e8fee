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
        let logins = try await LoggedLogins()
        let server = try await server(logins, level)
        let name = logins.account.name
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

    // MARK: sshd

    /// sshd with the module alone, at a log level.
    private func server(_ logins: LoggedLogins, _ level: String) async throws -> SSHServer {
        let policy = try Policy()
        try policy.replace(
            withLine: "auth required \(logins.module) store=\(logins.store)", passwordOf: "sshd")
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
            LoggedLogins.filed(String($0), of: "sshd")
        }
    }

    /// What the module said, as lines of a file.
    private func moduleLines(about user: String) throws -> [String] {
        try SystemLog.shared().lines(containing: ": pam_swiftotp(sshd:auth): ", " user=\(user)")
            .filter { $0.text.split(separator: " ").contains("user=\(user)") }
            .map { LoggedLogins.filed($0) }
    }
}
