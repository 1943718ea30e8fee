import Testing

@testable import OTPCore

/// The table of design.md, row by row: who is asked, what is said, and how it ends.
@Suite("The login flow", .hereAndInFleet)
struct LoginFlowTests {
    private let refused = "say That code was not accepted."
    private let again = "say That code was not accepted. Please try again."
    private let unavailable =
        "say The code cannot be checked right now. Please tell your administrator."

    private func granted(_ offset: Int = 0) throws -> LoginResult {
        .granted(.code(authenticator: try name("phone"), offset: offset))
    }

    @Test("A right code: not asked first, not durable, not unlocked, or a message is shown")
    func right() throws {
        let host = ScriptedHost(.text(code(noonStep)))
        try host.enroll()
        #expect(host.login() == (try granted()))
        #expect(
            host.journal.entries == ["ask Code: ", "store", "open", "charge", "commit", "close"])
    }

    @Test("A backup code: the number left is not told, or told under the lock")
    func backupCode() throws {
        let host = ScriptedHost()
        let codes = try host.enroll()
        host.answers = [.text(codes[4].lowercased())]
        #expect(host.login() == .granted(.backupCode(index: 4, left: 9)))
        #expect(
            host.journal.entries.suffix(3) == [
                "commit", "close", "say You have 9 backup codes left.",
            ])
    }

    @Test("A used code or backup code is accepted")
    func again_() throws {
        let host = ScriptedHost()
        host.from.address = ""
        let codes = try host.enroll()
        for (typed, refusal, said) in [
            (code(noonStep), .replayed, "say That code was already used. Wait for the next one."),
            (codes[0], .usedBackupCode, refused),
        ] as [(String, Outcome.Refusal, String)] {
            host.answers = [.text(typed)]
            guard case .granted = host.login() else {
                Issue.record("\(typed) should have been accepted once")
                return
            }
            host.answers = [.text(typed)]
            #expect(host.login() == .refused(refusal))
            #expect(host.journal.entries.suffix(2) == ["close", said])
        }
    }

    @Test(
        "Wrong, outside the window and malformed give different messages, or under the lock",
        arguments: [
            ("000000", .wrong), (code(noonStep + 7), .outsideWindow(offset: 7)),
            ("password", .malformed), ("\u{8}\n\r\u{7f}INCORRECT", .malformed),
            (String(repeating: "1", count: 1 << 20), .malformed), ("１２３４５６", .malformed),
        ] as [(String, Outcome.Refusal)])
    func refused(_ typed: String, _ refusal: Outcome.Refusal) throws {
        let host = ScriptedHost(.text(typed))
        try host.enroll()
        #expect(host.login() == .refused(refusal))
        #expect(host.journal.entries.suffix(2) == ["close", refused])
    }

    @Test("During a wait, its length is not told, or not for a right code")
    func throttled() throws {
        let host = ScriptedHost()
        host.from.address = ""
        try host.enroll()
        for number in 0..<5 {
            host.answers = [.text(wrong(number))]
            #expect(host.login() == .refused(.wrong))
        }
        host.answers = [.text(code(noonStep))]
        #expect(host.login { $0.retry = 3 } == .refused(.throttled(seconds: 30)))
        #expect(
            host.journal.entries.suffix(2) == [
                "close", "say Too many wrong codes. Try again in 30 seconds.",
            ])
        host.time = noon + 30
        host.answers = [.text(code(noonStep + 1))]
        #expect(host.login() == (try granted()))
    }

    @Test("A user whose account is closed is not told to ask the administrator")
    func closed() throws {
        let host = ScriptedHost(.text(code(noonStep)))
        host.from.address = ""
        try host.enroll()
        host.session?.withRecord { $0.throttle.shared = .init(failures: 100, last: 0) }
        #expect(host.login { $0.retry = 3 } == .refused(.closed))
        #expect(host.talk.last == "say " + UserText.closed.english)
    }

    @Test("Users who are not enrolled, and unknown ones, are asked or refused differently")
    func strangers() throws {
        for (user, refusal) in [("alice", Outcome.Refusal.noRecord), ("mallory", .unknownUser)] {
            for typed in [code(noonStep), "0K7MQ-2XJ9T-DWP4A", "password"] {
                let host = ScriptedHost(.text(typed))
                #expect(host.login(user) == .refused(refusal))
                #expect(host.talk == ["ask Code: ", refused])
            }
        }
    }

    @Test(
        "An empty answer reveals who is enrolled or exists",
        arguments: ["", "  ", "-"])
    func empty(_ typed: String) throws {
        for (user, isEnrolled) in [("alice", true), ("alice", false), ("mallory", false)] {
            let host = ScriptedHost(.text(typed))
            if isEnrolled { try host.enroll() }
            #expect(host.login(user) { $0.retry = 3 } == .refused(.empty))
            #expect(host.talk == ["ask Code: "])
            #expect(host.session.map { $0.record.throttle == Throttle() } ?? true)
        }
    }

    @Test("A conversation that fails or returns nothing is charged")
    func conversation() throws {
        for (typed, result) in [
            (ScriptedHost.Typed.failure, LoginResult.conversationFailed),
            (.nothing, .refused(.empty)),
        ] {
            let host = ScriptedHost(typed)
            try host.enroll()
            #expect(host.login { $0.retry = 3 } == result)
            #expect(host.journal.entries == ["ask Code: "])
        }
    }

    @Test("nullok: users who are not enrolled are asked, or others are not")
    func nullok() throws {
        let stranger = ScriptedHost()
        #expect(stranger.login { $0.nullok = true } == .ignored(.notEnrolled))
        #expect(stranger.journal.entries == ["store", "look"])

        let enrolled = ScriptedHost(.text("000000"))
        try enrolled.enroll()
        #expect(enrolled.login { $0.nullok = true } == .refused(.wrong))

        let unknown = ScriptedHost(.text("000000"))
        #expect(unknown.login("mallory") { $0.nullok = true } == .refused(.unknownUser))
    }

    @Test(
        "nullok lets users pass in a store that is not sound",
        arguments: [.missing, .unsafe, .damaged, .otherKey, .otherUser, .busy, .system]
            as [StoreError.Code])
    func nullokOnTrouble(_ code: StoreError.Code) throws {
        let host = ScriptedHost()
        host.condition = .closed(code)
        #expect(host.login { $0.nullok = true } == .unavailable(StoreError(code, [], "")))
        #expect(host.talk == [unavailable])

        let broken = ScriptedHost(code == .unsafe ? [] : [.text("000000")])
        try broken.enroll()
        broken.condition = .broken(code)
        #expect(broken.login { $0.nullok = true } == .unavailable(StoreError(code, [], "")))
    }

    @Test("exempt_group: members are asked, others are not, or a missing group does not deny")
    func exempt() throws {
        let member = ScriptedHost()
        member.groups["staff"] = [1000]
        member.condition = .closed(.missing)
        #expect(member.login { $0.exemptGroup = ascii("staff") } == .ignored(.exempt))
        #expect(member.journal.entries.isEmpty)

        let other = ScriptedHost(.text("000000"))
        try other.enroll()
        #expect(other.login { $0.exemptGroup = ascii("wheel") } == .refused(.wrong))

        let none = ScriptedHost()
        try none.enroll()
        let result = none.login { $0.exemptGroup = ascii("nogroup") }
        #expect(result == .unavailable(StoreError(.configuration, [], "")))
        #expect(none.talk == [unavailable])
    }
}

extension ScriptedHost {
    convenience init(_ answers: [Typed]) {
        self.init()
        self.answers = answers
    }
}
