import Testing

@testable import OTPCore

@Suite("otp-enroll's requests: enrolling")
struct HelperEnrollmentTests {
    @Test("Nothing is kept until the code is right, and then all of it")
    func enrolls() throws {
        let desk = HelperDesk()
        let alice = desk.connection()
        let key = try #require(try alice.begin())
        #expect(key.count == Authenticator.keyLength)
        #expect(desk.records.isEmpty)
        #expect(try alice.confirm("000000").verdict == .wrong)
        #expect(desk.records.isEmpty)
        let kept = try #require(try alice.confirm(code(of: key)).kept)
        #expect(kept.name == "phone" && !kept.replaced)
        #expect(Set(kept.codes).count == 10)
        #expect(try desk.look { $0.key(of: 0) } == key)
        // The confirming code is used up, and there is nothing left to confirm.
        #expect(try alice.prove(code(of: key)) == .refused(.replayed))
        #expect(try alice.confirm(code(of: key)).denial == .nothingBegun)
        #expect(try alice.ask(HelperRequest.codesMessage).denial == .proofNeeded)
        #expect(desk.isTidy)
    }

    @Test("Each begin ends the one before it")
    func beginsAgain() throws {
        let desk = HelperDesk()
        let alice = desk.connection()
        let first = try #require(try alice.begin())
        let second = try #require(try alice.begin())
        #expect(first != second)
        #expect(try alice.confirm(code(of: first)).verdict == .wrong)
        #expect(try alice.confirm(code(of: second)).kept != nil)
    }

    @Test("Ten wrong codes end it, whatever they look like")
    func tenWrong() throws {
        let desk = HelperDesk()
        let alice = desk.connection()
        let key = try #require(try alice.begin())
        for typed in ["000000", "", "x", "12345678", "000000", "1", "no", "000000", "-", "000000"] {
            #expect(try alice.confirm(typed).verdict == .wrong)
        }
        #expect(try alice.confirm(code(of: key)).denial == .nothingBegun)
        #expect(desk.records.isEmpty)
    }

    @Test("Two connections race for the first enrollment: one wins, the other is told")
    func race() throws {
        for hasEmptyRecord in [false, true] {
            let desk = HelperDesk()
            if hasEmptyRecord { desk.enroll(Record()) }
            let first = desk.connection()
            let second = desk.connection()
            let firstKey = try #require(try first.begin())
            let secondKey = try #require(try second.begin())
            #expect(try second.confirm(code(of: secondKey)).kept != nil)
            #expect(try first.confirm(code(of: firstKey)).denial == .proofNeeded)
            #expect(try desk.look { $0.authenticators.count } == 1)
            #expect(try desk.look { $0.key(of: 0) } == secondKey)
        }
    }

    @Test("The race within the race: somebody makes the record after we looked")
    func raceWithin() throws {
        let desk = HelperDesk()
        desk.beforeMaking = { [unowned desk] in desk.enroll(try record(phone())) }
        let alice = desk.connection()
        let key = try #require(try alice.begin())
        #expect(try alice.confirm(code(of: key)).denial == .proofNeeded)
        #expect(try desk.look { $0.key(of: 0) } == exampleKey)
    }

    @Test("Asked for proof again at the end: what changed meanwhile counts")
    func enrolledMeanwhile() throws {
        let desk = HelperDesk()
        let alice = desk.connection()
        let key = try #require(try alice.begin())
        desk.options.firstEnrollment = .root
        try desk.enroll()
        #expect(try alice.confirm(code(of: key)).denial == .proofNeeded)
        #expect(try desk.look { $0.authenticators.count } == 1)
    }

    @Test("A second phone, a replaced one, five at most, and a name that was taken meanwhile")
    func more() throws {
        let desk = HelperDesk()
        try desk.enroll()
        let alice = desk.connection()
        _ = try alice.prove(code(noonStep))
        for expected in ["phone-2", "phone-3", "phone-4", "phone-5"] {
            let key = try #require(try alice.begin())
            let kept = try #require(try alice.confirm(code(of: key)).kept)
            #expect(kept.name == expected && !kept.replaced && kept.codes.isEmpty)
        }
        #expect(try alice.ask(HelperRequest.beginMessage(device("sixth"))).denial == .full)
        let key = try #require(try alice.begin("phone-3"))
        let kept = try #require(try alice.confirm(code(of: key)).kept)
        #expect(kept.name == "phone-3" && kept.replaced)
        #expect(try desk.look { $0.authenticators.count } == 5)

        _ = try alice.ask(HelperRequest.removeMessage(name("phone-5")))
        let late = try #require(try alice.begin("watch"))
        var record = try record(phone(), phone("watch"))
        _ = record.makeBackupCodes()
        desk.enroll(record)
        #expect(try alice.confirm(code(of: late)).denial == .nameTaken)
        #expect(try desk.look { $0.key(of: 1) } == exampleKey)
    }

    @Test("A clock that is years behind keeps nothing")
    func clock() throws {
        let desk = HelperDesk()
        desk.time = Attempt.earliestTime - 1
        let alice = desk.connection()
        #expect(try alice.ask(HelperRequest.beginMessage(device(nil))).denial == .unavailable)
        #expect(desk.records.isEmpty)
    }

    @Test("The first enrollment on a machine finds no store yet")
    func noStore() throws {
        let desk = HelperDesk()
        desk.trouble = .missing
        let alice = desk.connection()
        #expect(try alice.ask(HelperRequest.statusMessage).showsEnrolled == false)
        // Who asks for a verdict, however, is not told that somebody is not enrolled.
        #expect(try alice.ask(HelperRequest.enrolledMessage).denial == .unavailable)
        #expect(
            try alice.ask(HelperRequest.proveMessage(ascii("123456").span)).denial == .unavailable)
        let key = try #require(try alice.begin())
        #expect(try alice.confirm(code(of: key)).kept != nil)
    }

    @Test("A try is noted with the command and the user's name")
    func origins() throws {
        let desk = HelperDesk()
        try desk.enroll()
        let alice = desk.connection()
        _ = try alice.prove("000000")
        #expect(try desk.look { $0.events.events.last?.origin } == ascii("otp-enroll alice"))
    }
}
