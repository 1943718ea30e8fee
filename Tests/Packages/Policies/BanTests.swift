import Foundation
import TestSupport
import Testing

/// fail2ban's own program, on lines that the module wrote.
@Suite("fail2ban")
struct BanTests {
    @Test("A kind of guess does not count, or without its address and user")
    func guesses() async throws {
        let logins = try await LoggedLogins()
        try await logins.phone.settle(for: 20)
        let name = logins.account.name, other = try await Account.make("unenrolled").name
        let right = try await logins.phone.code(), wrong = try await logins.phone.wrongCode()
        let more = [try await logins.phone.wrongCode(), try await logins.phone.wrongCode()]
        let far = try await logins.phone.code(steps: 5)
        let backup = logins.backupCodes[0], temporary = try await logins.issue()
        let tries: [(reason: String, code: String, user: String)] = [
            ("", right, name), ("replayed", right, name), ("", backup, name),
            ("used-backup-code", backup, name), ("", temporary, name),
            ("used-temporary-code", temporary, name), ("outside-window", far, name),
            ("malformed", "hello", name), ("wrong", wrong, name), ("wrong", more[0], name),
            ("wrong", more[1], name), ("throttled", wrong, name),
            ("no-record", wrong, other), ("unknown-user", wrong, "nobody-at-all"),
        ]
        var lines: [String] = [], expected: [String] = []
        for (index, attempt) in tries.enumerated() {
            // A success clears only the failures of its own place.
            if attempt.reason == "used-temporary-code" { try await logins.unlock() }
            let address = "192.0.2.\(index + 1)"
            let line = try await logins.line(
                "answer \(attempt.code)", user: attempt.user, rhost: address)
            lines.append(line)
            if attempt.reason.isEmpty {
                #expect(line.contains(": login granted; "))
            } else {
                #expect(line.contains(" authentication failure; reason=\(attempt.reason) "))
                expected.append("\(address) \(attempt.user)")
            }
        }
        #expect(try await BanFilter.failures(of: lines) == expected)
    }

    @Test("No answer, or trouble with the store, counts as a guess")
    func harmless() async throws {
        let logins = try await LoggedLogins()
        let wrong = try await logins.phone.wrongCode()
        var lines = [
            try await logins.line("answer ", rhost: "192.0.2.1"),
            try await logins.line("no-answer", rhost: "192.0.2.2"),
            try await logins.line("conv-error", rhost: "192.0.2.3"),
        ]
        chmod(logins.store, 0o755)
        lines.append(try await logins.line("answer \(wrong)", rhost: "192.0.2.4"))
        chmod(logins.store, 0o700)
        let said = [
            "reason=empty", "reason=empty", "reason=no-answer", "cannot check; reason=store",
        ]
        for (line, words) in zip(lines, said) { #expect(line.contains(words), "\(line)") }
        #expect(try await BanFilter.failures(of: lines).isEmpty)
        // The same store a moment later: the filter did work.
        let guess = try await logins.line("answer \(wrong)", rhost: "192.0.2.5")
        #expect(
            try await BanFilter.failures(of: lines + [guess]) == [
                "192.0.2.5 \(logins.account.name)"
            ])
    }

    /// Every word that the log has for a refusal was decided upon.
    @Test("The reasons of the filter differ from the program's")
    func reasons() throws {
        let source = try String(
            contentsOfFile: Project.path("Sources/OTPCore/Verify/Outcome.swift"),
            encoding: .utf8)
        let words = source.matches(of: #/case \.refused\(.*\): "([a-z-]+)"/#).map {
            String($0.output.1)
        }
        let text = try Project.text("packaging/fail2ban/filter.d/swiftotp.conf")
        let list = try #require(text.firstMatch(of: #/\n_guess = (.*)\n/#)).output.1
        let counted = Set(list.split(separator: "|").map(String.init))
        let harmless: Set = [
            "empty", "not-enrolled", "enrolled-meanwhile", "clock-before-release",
            "clock-moved-back", "repeated",
        ]
        #expect(words.count == counted.count + harmless.count)
        #expect(Set(words) == counted.union(harmless))
    }

    @Test(
        "fail2ban misses an address, or takes something else for one",
        arguments: [
            ("192.0.2.7", "192.0.2.7"), ("2001:db8::7", "2001:db8::7"),
            ("::ffff:192.0.2.7", "192.0.2.7"), ("localhost", "127.0.0.1"), ("", nil),
            ("192.0.2.66 user=x", nil), ("192.0.2.66\\x0a", nil), ("$(id)", nil),
        ])
    func addresses(_ rhost: String, _ expected: String?) async throws {
        let logins = try await LoggedLogins()
        let line = try await logins.line("answer hello", rhost: rhost)
        var found = try await BanFilter.failures(of: [line], "--usedns=yes")
        // Newer versions find all addresses of a name.
        found.removeAll { $0.hasPrefix("::1 ") }
        #expect(found == (expected.map { ["\($0) \(logins.account.name)"] } ?? []), "\(line)")
        if rhost == "localhost" {
            #expect(try await BanFilter.failures(of: [line], "--usedns=no").isEmpty)
        }
    }

    /// What sshd logs for a refused code, in addition to the module's line: up to OpenSSH 10.2, if
    /// the module has told the user why, and since 10.3, under the names of both its programs.
    private static let said: [(lines: [String], counts: Bool)] = [
        (["Connection closed by authenticating user USER 192.0.2.7 port 50036 [preauth]"], false),
        (
            [
                "error: PAM: Authentication failure for USER from 192.0.2.7",
                "Connection closed by authenticating user USER 192.0.2.7 port 56332 [preauth]",
            ], true
        ),
    ]

    @Test(
        "sshd's message about a wrong code counts in our jail, or not in its own",
        arguments: said, ["sshd", "sshd-session"])
    func besideSSHD(_ said: (lines: [String], counts: Bool), _ program: String) async throws {
        let logins = try await LoggedLogins()
        let name = logins.account.name, wrong = try await logins.phone.wrongCode()
        let ours = try await logins.line("answer \(wrong)", rhost: "192.0.2.7")
        let theirs = said.lines.map {
            LoggedLogins.filed($0.replacing("USER", with: name), of: program)
        }
        let failure = ["192.0.2.7 \(name)"]
        #expect(try await BanFilter.failures(of: [ours] + theirs) == failure)
        // Debian 12's fail2ban knows the second program only under its old name.
        let their = "/etc/fail2ban/filter.d/sshd.conf"
        guard program == "sshd" else { return }
        let counted = try await BanFilter.failures(of: [ours] + theirs, by: their)
        #expect(counted == (said.counts ? failure : []), "\(counted)")
    }

    /// Names that would get another host banned if they were logged unchanged.
    private static let forgeries = [
        "x rhost=192.0.2.66 user=y", "rhost=192.0.2.66", "x\\x09rhost=192.0.2.66\\x09user=y",
        "x\\x0aNov 21 10:00:00 door sshd[7]: pam_swiftotp(sshd:auth): authentication failure; "
            + "reason=wrong service=sshd tty=ssh rhost=192.0.2.66 user=y",
        "x\\x0d\\x0arhost=192.0.2.66 user=y", "\\xc2\\xa0rhost=192.0.2.66",
    ]

    @Test("A name puts another address into the log", arguments: forgeries)
    func forged(_ name: String) async throws {
        let logins = try await LoggedLogins()
        for line in [
            try await logins.line("answer hello", user: name, rhost: "192.0.2.5"),
            try await logins.line("answer hello", user: "x", rhost: "192.0.2.5", tty: name),
        ] {
            #expect(!line.contains("\n") && line.contains(" rhost=192.0.2.5 "), "\(line)")
            let found = try await BanFilter.failures(of: [line])
            #expect(found.count == 1 && found[0].hasPrefix("192.0.2.5 "), "\(line)")
        }
    }

    @Test("Another program's message with a stranger's name counts as the module's")
    func others() async throws {
        let forged =
            "pam_swiftotp(sshd:auth): authentication failure; reason=wrong service=sshd tty=ssh "
            + "rhost=192.0.2.66 user=x"
        let lines = [
            ("sshd", "Invalid user \(forged) from 192.0.2.5 port 22"), ("sshd", "error: \(forged)"),
            ("login", "FAILED LOGIN (1) on '/dev/pts/0' FOR '\(forged)', Authentication failure"),
            ("su", "FAILED SU (to \(forged)) alice on pts/0"),
            ("sshd", "pam_unix(sshd:auth): \(forged)"), ("sudo", "alice : COMMAND=\(forged)"),
        ].map { LoggedLogins.filed($0.1, of: $0.0) }
        #expect(try await BanFilter.failures(of: lines).isEmpty)
        // In place of the module's, it would count.
        #expect(
            try await BanFilter.failures(of: [LoggedLogins.filed(forged, of: "sshd")]) == [
                "192.0.2.66 x"
            ]
        )
    }
}
