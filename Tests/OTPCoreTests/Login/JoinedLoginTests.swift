import Testing

@testable import OTPCore

/// `forward_pass`, `try_first_pass` and `use_first_pass`: for programs with a single field.
@Suite("Logging in where password and code share a field", .hereAndInFleet)
struct JoinedLoginTests {
    private func granted(_ label: String = "phone") throws -> LoginResult {
        .granted(.code(authenticator: try name(label), offset: 0))
    }

    private func login(_ host: ScriptedHost, _ user: String = "alice") -> LoginResult {
        host.login(user) { $0.forwardsPass = true }
    }

    @Test("The code does not let in, or the password is changed or shown")
    func right() throws {
        for password in [
            "secret", "", "hunter2000", " pass word ", "Grüße", "123456", "\u{1}\u{7f}",
        ] {
            let host = ScriptedHost(.text(password + code(noonStep)))
            try host.enroll()
            #expect(login(host) == (try granted()))
            #expect(host.forwarded == [password])
            #expect(host.talk == ["ask Code:  (unseen)"])
        }
    }

    @Test("Backup and temporary codes after a password do not work")
    func groups() throws {
        let host = ScriptedHost()
        let codes = try host.enroll()
        let issued = host.session?.withRecord { $0.issue() }
        host.answers = [.text("secret12" + codes[2])]
        #expect(login(host) == .granted(.backupCode(index: 2, left: 9)))
        host.answers = [.text("secret12" + (try #require(issued)))]
        #expect(login(host) == .granted(.temporaryCode))
        #expect(host.forwarded == ["secret12", "secret12"])
    }

    @Test("The number of digits is not that of the matching authenticator, or else of the first")
    func digits() throws {
        for (digits, label) in [(6, "six"), (8, "eight")] as [(UInt8, String)] {
            var record = Record()
            let (first, second) = (exampleKey, [UInt8](repeating: 3, count: 20))
            try record.add(phone("six", digits: 6), key: first.span)
            try record.add(phone("eight", digits: 8), key: second.span)
            let key = digits == 6 ? first : second
            let value = HOTP.code(
                key: key.span, factor: noonStep, algorithm: .sha1, digits: digits)
            let typed = "pass77" + HOTP.text(value, digits: digits)
            let host = ScriptedHost(.text(typed))
            host.session = ScriptedSession(record, journal: host.journal)
            #expect(login(host) == (try granted(label)))
            // Burned: it is unknown which authenticator was meant, so it is the first one.
            host.answers = [.text(typed)]
            #expect(login(host) == .refused(.replayed))
            #expect(host.forwarded == ["pass77", String(typed.dropLast(6))])
        }
    }

    @Test("After a refusal, the next module does not get the password")
    func refused() throws {
        for (user, isEnrolled) in [("alice", true), ("alice", false), ("mallory", false)] {
            let host = ScriptedHost(.text("secret000000"))
            if isEnrolled { try host.enroll() }
            guard case .refused = login(host, user) else {
                Issue.record("a wrong code was accepted")
                return
            }
            #expect(host.forwarded == ["secret"])
            #expect(host.talk == ["ask Code:  (unseen)", "say " + UserText.refused.english])
        }
    }

    @Test("Nothing typed is passed on, or a password alone counts as a code")
    func noCode() throws {
        let host = ScriptedHost(.text(""))
        try host.enroll()
        #expect(login(host) == .refused(.empty))
        #expect(host.forwarded.isEmpty)
        host.answers = [.text("secret")]
        #expect(login(host) == .refused(.malformed))
        #expect(host.session?.record.throttle == Throttle())
    }

    @Test("An earlier password is not tried first, or there is no question after an invalid one")
    func tryFirst() throws {
        let right = ScriptedHost()
        try right.enroll()
        right.earlier = code(noonStep)
        #expect(right.login { $0.triesFirstPass = true } == (try granted()))
        #expect(right.talk.isEmpty)
        for earlier in ["password", "000000", "", nil] {
            let host = ScriptedHost(.text(code(noonStep)))
            try host.enroll()
            host.earlier = earlier
            #expect(host.login { $0.triesFirstPass = true } == (try granted()))
            #expect(host.talk.first == "ask Code: ")
        }
    }

    @Test("use_first_pass asks")
    func useFirst() throws {
        for (earlier, refusal) in [
            ("000000", .wrong), ("password", .malformed), ("", .empty), (nil, .empty),
        ] as [(String?, Outcome.Refusal)] {
            let host = ScriptedHost()
            try host.enroll()
            host.earlier = earlier
            #expect(host.login { $0.usesFirstPass = true } == .refused(refusal))
            #expect(host.talk == (refusal == .empty ? [] : ["say " + UserText.refused.english]))
        }
        let joined = ScriptedHost()
        try joined.enroll()
        joined.earlier = "secret" + code(noonStep)
        let result = joined.login {
            $0.usesFirstPass = true
            $0.forwardsPass = true
        }
        #expect(result == (try granted()) && joined.forwarded == ["secret"])
    }
}
