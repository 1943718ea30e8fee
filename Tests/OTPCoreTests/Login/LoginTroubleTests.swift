import Testing

@testable import OTPCore

@Suite("The login flow in trouble, and its tries", .hereAndInFleet)
struct LoginTroubleTests {
    private let refused = "say That code was not accepted."
    private let again = "say That code was not accepted. Please try again."
    private let unavailable =
        "say The code cannot be checked right now. Please tell your administrator."

    @Test(
        "With a bad store or record, the user is not asked, or messages depend on the code",
        arguments: [.missing, .unsafe, .damaged, .otherKey, .otherUser, .busy, .system]
            as [StoreError.Code])
    func store(_ problem: StoreError.Code) throws {
        for condition in [ScriptedHost.Condition.closed(problem), .broken(problem)] {
            for typed in [code(noonStep), "000000"] {
                let host = ScriptedHost(.text(typed))
                try host.enroll()
                host.condition = condition
                let result = host.login { $0.retry = 3 }
                #expect(result == .unavailable(StoreError(problem, [], "")))
                #expect(host.talk == ["ask Code: ", unavailable])
                #expect(host.session?.steps.isEmpty == true)
            }
        }
    }

    @Test("A charge or commit that fails lets somebody in, or answers under the lock")
    func writes() throws {
        for typed in [code(noonStep), "000000"] {
            for failsAtCharge in [true, false] {
                let host = ScriptedHost(.text(typed))
                try host.enroll()
                host.session?.chargeFails = failsAtCharge
                host.session?.commitFails = !failsAtCharge
                let result = host.login { $0.retry = 3 }
                #expect(result == .unavailable(StoreError(.system, [], "")))
                #expect(host.journal.entries.suffix(2) == ["close", unavailable])
            }
        }
    }

    @Test("Without a clock, or with one that cannot be right, a login is let in")
    func clock() throws {
        let none = ScriptedHost(.text(code(noonStep)))
        try none.enroll()
        none.time = nil
        #expect(none.login() == .unavailable(StoreError(.clock, [], "")))
        #expect(none.talk == ["ask Code: ", unavailable])

        let early = ScriptedHost(.text(code(100)))
        early.from.address = ""
        let codes = try early.enroll()
        early.time = 3000
        #expect(early.login { $0.retry = 3 } == .refused(.clock))
        #expect(early.talk == ["ask Code: ", refused])
        early.answers = [.text(codes[1])]
        #expect(early.login() == .granted(.backupCode(index: 1, left: 9)))
    }

    @Test("A user database that does not answer lets somebody be asked")
    func directory() {
        let host = ScriptedHost()
        host.usersFail = true
        #expect(host.login { $0.nullok = true } == .unavailable(StoreError(.system, [], "")))
        #expect(host.talk == [unavailable])
    }

    @Test("retry gives more than three tries, or other than it says", arguments: [1, 2, 3])
    func tries(_ tries: Int) throws {
        let host = ScriptedHost()
        host.answers = (0..<tries).map { .text(wrong($0)) }
        try host.enroll()
        #expect(host.login { $0.retry = UInt8(tries) } == .refused(.wrong))
        let retries = Array(repeating: ["ask Code: ", again], count: tries - 1).flatMap { $0 }
        #expect(host.talk == retries + ["ask Code: ", refused])
        #expect(host.session?.record.throttle.failures == UInt32(tries))
    }

    @Test("A right code at a later try is refused, or the failures before it are kept")
    func laterTry() throws {
        let host = ScriptedHost(.text("000000"), .text("password"), .text(code(noonStep)))
        try host.enroll()
        let result = host.login { $0.retry = 3 }
        #expect(result == .granted(.code(authenticator: try name("phone"), offset: 0)))
        #expect(
            host.talk == [
                "ask Code: ", again, "ask Code: ", again, "ask Code: ",
                "say 1 failed code since Friday 08:00 UTC, last from 192.0.2.7.",
            ])
        #expect(host.session?.record.throttle.failures == 0)
        // The record is locked for each try, and never while the user types.
        #expect(host.journal.entries.count { $0 == "open" } == 3)
        #expect(host.journal.entries.count { $0 == "close" } == 3)
        let asked = host.journal.entries.indices.filter {
            host.journal.entries[$0].hasPrefix("ask")
        }
        for index in asked.dropFirst() {
            let before = host.journal.entries[..<index]
            #expect(before.count { $0 == "open" } == before.count { $0 == "close" })
        }
    }

    @Test("Strangers have other numbers of tries")
    func strangers() {
        let host = ScriptedHost(.text("000000"), .text("000000"), .text("000000"))
        #expect(host.login("mallory") { $0.retry = 3 } == .refused(.unknownUser))
        #expect(host.talk.count == 6)
    }

    @Test("A conversation that fails at the second try goes on")
    func failsLater() throws {
        let host = ScriptedHost(.text("000000"), .failure)
        try host.enroll()
        #expect(host.login { $0.retry = 3 } == .conversationFailed)
        #expect(host.talk == ["ask Code: ", again, "ask Code: "])
    }

    @Test("Prompt, echo or window are not the admin's")
    func options() throws {
        let host = ScriptedHost(.text(code(noonStep - 3)))
        try host.enroll()
        let result = host.login {
            $0.prompt = ascii("Token? ")
            $0.echo = false
            $0.window = 3
        }
        #expect(result == .granted(.code(authenticator: try name("phone"), offset: -3)))
        #expect(
            host.talk == [
                "ask Token?  (unseen)",
                "say " + UserText.clockIsOff(try name("phone"), by: -75).english,
            ])
    }
}
