import Foundation
import TestSupport
import Testing

/// What a command did is reported: in the record, in the system log, by mail.
@Suite struct NoticeTests {
    let desk: Desk
    let log: SystemLog
    let user: String

    init() async throws {
        desk = try Desk()
        log = try SystemLog.shared()
        user = try await Account.make("notice").name
    }

    /// Waits for the log line that begins with `title`, and returns its fields; there is one such
    /// line, a notice of AUTHPRIV, naming who did it and to whom.
    private func line(_ title: String) async throws -> [String: String] {
        let line = try await log.line(containing: "]: \(title); ", "user=\(user)")
        #expect(line.facility == 10 && line.severity == 5)
        #expect(line.text.contains(" swiftotpd["))
        #expect(line.fields["by"] == Desk.person)
        return line.fields
    }

    /// Checks the user's newest event.
    private func expectEvent(_ kind: String, detail: String = "") async throws {
        let events = try #require(try await desk.json("status", user)["events"] as? [[String: Any]])
        let last = try #require(events.first)
        #expect(last["event"] as? String == kind)
        #expect(last["detail"] as? String == detail)
        #expect(last["origin"] as? String == "otp-enroll \(Desk.person)")
    }

    @Test func everyChangeIsAnEventAndALine() async throws {
        let (phone, codes) = try await desk.enroll(user)
        #expect(try await line("authenticator added")["name"] == "\"phone\"")
        try await expectEvent("added", detail: "phone")
        try await desk.enroll(user, "--name", "old one")
        _ = try await desk.json("remove", user, "old one")
        let removed = try await log.line(
            containing: "]: authenticator removed; name=\"old one\" by=", "user=\(user)")
        #expect(removed.facility == 10)
        try await expectEvent("removed", detail: "old one")

        let issued = try await desk.json("issue", user)
        let code = try #require(issued["code"] as? String)
        _ = try await line("temporary code issued")
        try await expectEvent("temporary-code-issued")
        _ = try await desk.json("issue", user, "--revoke")
        _ = try await line("temporary code revoked")
        try await expectEvent("temporary-code-revoked")

        let renewed = try await desk.json("codes", user)
        _ = try await line("backup codes renewed")
        try await expectEvent("codes-renewed")
        try await desk.fail(1, of: user)
        #expect(try await line("authentication failure")["reason"] == "wrong")
        _ = try await desk.json("unlock", user)
        _ = try await line("unlocked")
        try await expectEvent("unlocked")

        try await phone.settle(for: 10)
        let soon = try await [0, 1].asyncMap { try await phone.code(steps: $0) }
        _ = try await desk.json("resync", user, input: soon.joined(separator: "\n"))
        #expect(try await line("authenticator resynchronized")["name"] == "\"phone\"")
        _ = try await desk.json("disable", user)
        _ = try await line("second factor disabled")
        try await expectEvent("disabled")
        _ = try await desk.json("reset", user)
        _ = try await line("second factor reset")
        try await expectEvent("reset")

        let secret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
        let uris = try desk.scratch.write(
            "otpauth://totp/a:b?secret=\(secret)\n", to: "uris")
        _ = try await desk.json("import", "--from", "otpauth", "--user", user, uris)
        #expect(try await line("authenticator imported")["name"] != nil)

        // None of it contains anything that logs in.
        let new = try #require(renewed["backup_codes"] as? [String])
        for text in codes + new + [code, phone.secret, secret] + soon {
            let plain = text.replacing("-", with: "")
            for line in log.lines where line.text.contains(user) {
                #expect(!line.text.contains(text) && !line.text.contains(plain), "\(line)")
            }
        }
    }

    @Test func whatIsRefusedIsNoEvent() async throws {
        try await desk.enroll(user)
        let before = try await desk.events(user)
        for arguments in [
            ["issue", user, "--revoke"], ["remove", user, "phone"], ["remove", user, "none"],
        ] {
            #expect(try await Command.run(desk.words(arguments)).status == 1)
        }
        #expect(try await desk.events(user) == before)
        #expect(log.lines(containing: "user=\(user)").count == 1)
    }

    /// The mail itself is tested with the mail; here only that each change sends one, and that a
    /// failure to send it does not undo the change.
    @Test func aMailThatCannotBeSentUndoesNothing() async throws {
        let policy = try desk.scratch.write(
            "notify = mail\nmail = %u@example.invalid\n", to: "policy", mode: 0o644)
        try await desk.enroll(user)
        let script = """
            mkdir -p /run/swiftotp-messenger && mount -t tmpfs none /run/swiftotp-messenger && exec "$@"
            """
        for arguments in [["codes", user], ["issue", user], ["disable", user]] {
            let done = try await Command.run(
                ["unshare", "--mount", "sh", "-c", script, "sh"]
                    + desk.words(
                        arguments
                            + ["--yes", "--config", policy].dropFirst(
                                arguments[0] == "issue" ? 1 : 0)))
            #expect(done.status == 0, "\(done.errors)")
            #expect(
                done.errors.hasPrefix(
                    "otp-enroll: warning: the user could not be told by mail: "
                        + "swiftotp-messenger is not listening\n"),
                "\(done.errors)")
        }
        #expect(
            try await desk.events(user)
                == ["disabled", "temporary-code-issued", "codes-renewed", "added"])
    }
}
