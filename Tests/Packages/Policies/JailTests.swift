import Foundation
import TestSupport
import Testing

/// fail2ban's server with the jail as shipped, on a log file of real lines.
@Suite("The fail2ban jail")
struct JailTests {
    @Test("It does not ban an address that guesses at many users, or bans for a broken store")
    func bans() async throws {
        let logins = try await LoggedLogins()
        let wrong = try await logins.phone.wrongCode()
        let guess = try await logins.line("answer \(wrong)", rhost: "192.0.2.7")
        let other = try await logins.phone.wrongCode()
        let typo = try await logins.line("answer \(other)", rhost: "192.0.2.8")
        chmod(logins.store, 0o755)
        let trouble = try await logins.line("answer \(wrong)", rhost: "192.0.2.9")

        let jail = try await Jail()
        var lines = Array(repeating: guess, count: 10) + Array(repeating: typo, count: 9)
        lines += Array(repeating: trouble, count: 30)
        try jail.write(lines)
        _ = try await patiently("the bans to be written") {
            let bans = jail.bans()
            return bans.isEmpty ? nil : bans
        }
        let status = try await jail.ask("status", "swiftotp")
        #expect(status.contains("Total failed:\t19"), "\(status)")
        #expect(jail.bans() == ["+192.0.2.7"])
        try await jail.stop()
    }
}

/// A separate fail2ban that records whom it bans.
private final class Jail: Sendable {
    private let scratch: Scratch
    private let server: Terminal

    init() async throws {
        scratch = try Scratch()
        let folder = scratch.file("fail2ban")
        try await Command.output(["cp", "-r", "/etc/fail2ban", folder])
        // What the machine's admin has enabled is not part of this test.
        try await Command.output(["sh", "-c", "rm -f \"$0\"/jail.d/* \"$0\"/*.local", folder])
        for name in ["filter.d/swiftotp.conf", "jail.d/swiftotp.conf"] {
            try await Command.output([
                "cp", Project.path("packaging/fail2ban/\(name)"), folder + "/\(name)",
            ])
        }
        try scratch.write("[Definition]\ndbfile = None\n", to: "fail2ban/fail2ban.local")
        try scratch.write(
            """
            [swiftotp]
            logpath = \(scratch.write("", to: "auth.log"))
            backend = polling
            action = dummy[name=swiftotp, target=\(scratch.file("bans"))]

            """, to: "fail2ban/jail.local")
        server = try Terminal([
            "fail2ban-server", "-c", folder, "-f", "-s", scratch.file("socket"),
            "-p", scratch.file("pid"), "--logtarget", "STDOUT", "start",
        ])
        try await server.expect("Jail 'swiftotp' started")
    }

    /// Appends lines to the log that it reads.
    func write(_ lines: [String]) throws {
        try scratch.write(lines.joined(separator: "\n") + "\n", to: "auth.log")
    }

    /// The bans so far; the first line of the file is a greeting.
    func bans() -> [String] {
        let text = (try? String(contentsOfFile: scratch.file("bans"), encoding: .utf8)) ?? ""
        return text.split(separator: "\n").dropFirst().map(String.init)
    }

    /// Stops the server, which lifts its bans.
    func stop() async throws {
        _ = try await ask("stop")
        _ = try await server.finish()
    }

    func ask(_ words: String...) async throws -> String {
        try await Command.output(
            ["fail2ban-client", "-c", scratch.file("fail2ban"), "-s", scratch.file("socket")]
                + words)
    }
}
