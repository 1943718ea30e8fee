import Foundation
import TestSupport
import Testing

/// `status` and `verify`: their output for people and for scripts.
@Suite struct StatusTests {
    let desk: Desk

    init() throws { desk = try Desk() }

    @Test func notEnrolledIsNoFailure() async throws {
        let told = try await desk.json("status", "root")
        #expect(
            Set(told.keys) == [
                "user", "enrolled", "authenticators", "backup_codes_left", "temporary_code",
                "failures", "locked_until", "trusted", "contacts", "security_keys", "events",
            ])
        #expect(told["security_keys"] as? Bool == false)
        #expect(told["enrolled"] as? Bool == false)
        #expect(told["temporary_code"] is NSNull)
        #expect(try await desk.run("status").output == "root is not enrolled.\n")
    }

    /// For enrolled users and others: the policy decides.
    @Test func statusTellsThatSecurityKeysLogIn() async throws {
        let words = "SSH keys in security keys (ed25519-sk, ecdsa-sk) log in without a code."
        for isEnrolled in [false, true] {
            if isEnrolled { _ = try await desk.enroll() }
            #expect(try await !desk.run("status").output.contains(words))
            let policy = try desk.scratch.write(
                "trust = sk\n", to: "sk-\(isEnrolled).conf", mode: 0o644)
            let told = try await desk.run("status", "--config", policy)
            #expect(told.status == 0 && told.output.contains(words), "\(told)")
            let json = try await desk.json("status", "--config", policy)
            #expect(json["security_keys"] as? Bool == true)
        }
    }

    @Test func statusTellsWhatHappened() async throws {
        let (phone, codes) = try await desk.enroll("--digits", "8", "--name", "old phone")
        try await phone.settle()
        let code = try await phone.code()
        _ = try await desk.run("verify", input: code)
        _ = try await desk.run("verify", input: code)
        _ = try await desk.run("verify", input: codes[4].lowercased())

        let told = try await desk.json("status")
        let apps = try #require(told["authenticators"] as? [[String: Any]])
        #expect(apps.first?["name"] as? String == "old phone")
        #expect(apps.first?["digits"] as? Int == 8)
        let used = try #require(apps.first?["last_used"] as? String)
        let age = try #require(ISO8601DateFormatter().date(from: used)).timeIntervalSinceNow
        #expect((-60...1).contains(age))
        #expect(told["backup_codes_left"] as? Int == 9)
        #expect(told["locked_until"] is NSNull)
        #expect((told["trusted"] as? [Any])?.isEmpty == true)
        let events = try #require(told["events"] as? [[String: Any]])
        #expect(
            events.map { $0["event"] as? String } == ["verified", "failure", "verified", "added"])
        #expect(
            events.map { $0["detail"] as? String }
                == ["backup code 4", "replayed", "old phone", "old phone"])

        let words = try await desk.run("status").output
        for part in [
            "root is enrolled.", "old phone", "totp 8 digits", "(just now)",
            "Backup codes left: 9", "Failures in a row: ", "replayed", "FROM",
        ] { #expect(words.contains(part), "\(part)") }
    }

    @Test func verifyExplains() async throws {
        let (phone, codes) = try await desk.enroll()
        try await phone.settle(for: 20)
        let tries: [(String, Int32, String, String)] = [
            (try await phone.code(), 0, "Accepted: a code of \"phone\", right on time.", ""),
            (try await phone.code(), 1, "already used", "wait for the next one"),
            (try await phone.code(steps: 1), 0, "1 step early (30 seconds)", ""),
            (try await phone.code(steps: 4), 1, "4 steps too early", "clock"),
            (try await phone.code(steps: -5), 1, "5 steps too late", "behind"),
            (try await phone.wrongCode(), 1, "wrong code", "otp-enroll add"),
            (codes[2], 0, "a backup code. You have 9 backup codes left.", ""),
            (codes[2], 1, "this backup code was already used", "otp-enroll codes"),
            ("letmein", 1, "neither a code nor a backup code", "6 to 8 digits"),
            ("", 1, "no code was given", ""),
        ]
        for (typed, status, answer, hint) in tries {
            let done = try await desk.run("verify", input: typed + "\n")
            let said = done.output + done.errors
            #expect(done.status == status && said.contains(answer), "\(typed): \(said)")
            #expect(hint.isEmpty || said.contains(hint), "\(typed): \(said)")
            if status == 1 {
                #expect(done.output.isEmpty && done.errors.hasPrefix("otp-enroll: "))
            }
        }
    }

    @Test func verifyAnswersScripts() async throws {
        let phone = try await desk.enroll().phone
        try await phone.settle()
        let late = try await desk.json(
            "verify", input: try await phone.code(steps: -4), status: 1)
        #expect(late["accepted"] as? Bool == false)
        #expect(late["reason"] as? String == "outside-window")
        #expect(late["offset"] as? Int == -4)
        let right = try await desk.json("verify", input: try await phone.code())
        #expect(right["accepted"] as? Bool == true && right["offset"] as? Int == 0)
    }

    @Test func theWindowIsThatOfTheConfiguration() async throws {
        let file = try desk.scratch.write("window = 4\n", to: "swiftotp.conf", mode: 0o644)
        let phone = try await desk.enroll().phone
        try await phone.settle()
        #expect(try await desk.run("verify", input: try await phone.code(steps: 3)).status == 1)
        let early = try await phone.code(steps: 4)
        #expect(try await desk.run("verify", "--config", file, input: early).status == 0)
    }

    /// The change, the question about it, and whether there is a record afterwards.
    static let questions = [
        (["codes"], "Replace the 10 codes left? [y/N] "),
        (["remove", "phone"], "Remove \"phone\" of root? [y/N] "),
        (["disable"], "Remove all authenticators and backup codes of root? [y/N] "),
        (["reset", "root"], "Remove everything that logs root in? [y/N] "),
    ]

    @Test(arguments: questions)
    func atATerminalNothingIsLostUnasked(arguments: [String], question: String) async throws {
        try await desk.enroll()
        try await desk.enroll()
        let before = desk.record
        for no in ["\r", "n\r", "yess\r", "\u{4}"] {
            let terminal = try Terminal(try desk.words(arguments))
            try await terminal.expect(question)
            try await terminal.send(no)
            #expect(try await terminal.finish() == 1)
            #expect(desk.record == before)
        }
        let terminal = try Terminal(try desk.words(arguments))
        try await terminal.expect(question)
        try await terminal.type(arguments == ["codes"] ? "Yes" : "y")
        #expect(try await terminal.finish() == 0)
        #expect(desk.record != before)
        if ["codes", "remove"].contains(arguments[0]) {
            let unasked = try Terminal(try desk.words(arguments + ["--yes"]))
            // This does not remove the last authenticator either.
            #expect(try await unasked.finish() == (arguments == ["codes"] ? 0 : 1))
            #expect(await !unasked.transcript.contains("[y/N]"))
        }
    }
}
