import Foundation
import TestSupport
import Testing

extension DoctorPatient {
    /// Applies the change of a finding, a diff, as a reader would.
    func apply(_ change: String) async throws {
        try #require(change.hasPrefix("--- "), "\(change)")
        try await Command.output(running(["patch", "-p1", "-d", "/"]), input: change + "\n")
    }

    /// Keeps sshd from penalizing addresses, if it does that and doctor has a note on it.
    func penalizeNobody() async throws {
        let lines = try await SSHServer.forManyCallers().map { $0 + "\n" }
        try change("/etc/ssh/sshd_config") { $0 + lines.joined() }
    }

    /// sshd's answer for a login.
    func sshd(_ login: String) async throws -> String {
        var login = login
        for (key, value) in [
            ("host", "x"), ("addr", "192.0.2.1"), ("laddr", "192.0.2.2"), ("lport", "22"),
            ("rdomain", ""),
        ] where !login.contains(",\(key)=") {
            login += ",\(key)=\(value)"
        }
        return try await Command.output(running(["/usr/sbin/sshd", "-T", "-C", login]))
    }
}

/// The patient's real sshd on a loopback port, and the real ssh.
final class PatientServer: Sendable {
    private let port: UInt16
    private let scratch: Scratch
    private let sshd: Terminal

    init(_ patient: DoctorPatient, port: UInt16) async throws {
        self.port = port
        scratch = try Scratch()
        // Without an entry there, PAM considers an account expired.
        try patient.change("/etc/shadow") { $0 + "alice:*:19000::::::\nbob:*:19000::::::\n" }
        let key = scratch.file("key")
        try await Command.output(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key])
        let settings =
            [
                "ListenAddress 127.0.0.1", "AuthorizedKeysFile \(key).pub", "PidFile none",
                "PrintMotd no", "PrintLastLog no",
            ] + (try await SSHServer.forManyCallers())
        sshd = try Terminal(
            patient.running(
                ["/usr/sbin/sshd", "-D", "-e", "-p", "\(port)"]
                    + settings.flatMap { ["-o", $0] }))
        let child = sshd.child
        let isUp = try await patiently("sshd to listen") { () -> Bool? in
            if child.status != nil { return false }
            return try Port.answers(port) ? true : nil
        }
        if !isUp { throw Trouble("sshd did not start: \(await sshd.transcript)") }
    }

    deinit { sshd.child.signal(SIGTERM) }

    private func words(_ user: String, _ options: [String]) -> [String] {
        ["ssh", "-F", "none"] + options.flatMap { ["-o", $0] } + [
            "-o", "UserKnownHostsFile=/dev/null", "-o", "StrictHostKeyChecking=no",
            "-o", "NumberOfPasswordPrompts=1", "-o", "IdentitiesOnly=yes", "-o", "LogLevel=ERROR",
            "-i", scratch.file("key"), "-p", "\(port)", "-l", user, "127.0.0.1", "echo in",
        ]
    }

    /// Whether a script gets in with a user's key.
    func admitsScript(_ user: String) async throws -> Bool {
        let done = try await Command.run(words(user, ["BatchMode=yes"]))
        return done.status == 0 && done.output == "in\n"
    }

    /// Whether a user gets in with key and code.
    func admits(_ user: String, code: String) async throws -> Bool {
        let login = try Terminal(words(user, []))
        guard try await login.expectAny(["Verification code", "in\n", "denied"]) == 0 else {
            return false
        }
        try await login.type(code)
        return try await login.finish() == 0
    }
}
