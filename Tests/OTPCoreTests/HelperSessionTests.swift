import Testing

@testable import OTPCore

@Suite("otp-enroll's requests: who may do what")
struct HelperSessionTests {
    /// What a user has.
    enum State: CaseIterable {
        case nothing, emptied, enrolled, temporaryCodeOnly
        var isEnrolled: Bool { self == .enrolled || self == .temporaryCodeOnly }
    }

    private func desk(_ state: State) throws -> HelperDesk {
        let desk = HelperDesk()
        switch state {
        case .nothing: break
        case .emptied: desk.enroll(Record())
        case .enrolled: try desk.enroll()
        case .temporaryCodeOnly:
            var record = Record()
            _ = record.issue()
            desk.enroll(record)
        }
        return desk
    }

    /// The same without the events and the throttle, which change by looking at codes too.
    private func factors(_ desk: HelperDesk) throws -> [UInt8] {
        guard desk.records[1000] != nil else { return [] }
        return try desk.look { $0.redacted().authenticators.flatMap { $0.name.bytes } }
    }

    @Test("Without proof", arguments: State.allCases)
    func withoutProof(state: State) throws {
        let desk = try desk(state)
        let alice = desk.connection()
        let before = desk.records
        #expect(try alice.ask(HelperRequest.enrolledMessage).flag == state.isEnrolled)
        let isEnrolled = try alice.ask(HelperRequest.statusMessage).showsEnrolled
        #expect(isEnrolled == state.isEnrolled)
        let denial: HelperReply.Denial = state.isEnrolled ? .proofNeeded : .notEnrolled
        #expect(try alice.ask(HelperRequest.codesMessage).denial == denial)
        #expect(try alice.ask(HelperRequest.removeMessage(name("phone"))).denial == denial)
        #expect(try alice.ask(HelperRequest.disableMessage).denial == denial)
        #expect(try alice.ask(HelperRequest.untrustMessage(nil)).denial == denial)
        #expect(try alice.confirm("123456").denial == .nothingBegun)
        let key = try alice.begin()
        #expect((key == nil) == state.isEnrolled)
        if !state.isEnrolled { #expect(try alice.prove("123456") == .refused(.noRecord)) }
        #expect(desk.records == before)
        #expect(desk.isTidy)
    }

    @Test("The policy decides about the first enrollment, and about no other")
    func policy() throws {
        for policy in [Options.FirstEnrollment.atLogin, .root] {
            for state in [State.nothing, .emptied] {
                let desk = try desk(state)
                desk.options.firstEnrollment = policy
                let alice = desk.connection()
                #expect(try alice.ask(HelperRequest.beginMessage(device(nil))).denial == .policy)
            }
            let desk = try desk(.enrolled)
            desk.options.firstEnrollment = policy
            let alice = desk.connection()
            _ = try alice.prove(code(noonStep))
            #expect(try alice.begin("tablet") != nil)
        }
    }

    @Test("A code, a backup code and a temporary code each prove it, and are used up")
    func proofs() throws {
        let desk = try desk(.enrolled)
        var record = try record(phone())
        let backup = record.makeBackupCodes()[3]
        let temporary = record.issue()
        desk.enroll(record)
        for typed in [code(noonStep), backup, temporary] {
            let alice = desk.connection()
            #expect(try alice.ask(HelperRequest.codesMessage).denial == .proofNeeded)
            guard case .granted? = try alice.prove(typed) else {
                Issue.record("\(typed) was refused")
                continue
            }
            #expect(try alice.begin("tablet") != nil)
            let again = desk.connection()
            guard case .refused? = try again.prove(typed) else {
                Issue.record("\(typed) was taken twice")
                continue
            }
            #expect(try again.begin("tablet") == nil)
        }
    }

    @Test("A temporary code alone is enough to enroll a new phone")
    func temporaryCodeOnly() throws {
        let desk = HelperDesk()
        var record = Record()
        let temporary = record.issue()
        desk.enroll(record)
        let alice = desk.connection()
        #expect(try alice.prove(temporary) == .granted(.temporaryCode))
        let key = try #require(try alice.begin())
        #expect(try alice.confirm(code(of: key)).kept?.codes.count == 10)
        #expect(try desk.look { $0.authenticators.count } == 1)
    }

    @Test("Proof is of one connection")
    func proofStaysHere() throws {
        let desk = try desk(.enrolled)
        let first = desk.connection()
        let second = desk.connection()
        guard case .granted? = try first.prove(code(noonStep)) else {
            Issue.record("refused")
            return
        }
        #expect(try second.ask(HelperRequest.codesMessage).denial == .proofNeeded)
        #expect(try first.ask(HelperRequest.codesMessage).codes?.count == 10)
        #expect(try second.ask(HelperRequest.disableMessage).denial == .proofNeeded)
    }

    @Test("Each user acts on their own record")
    func ownRecord() throws {
        let desk = try desk(.enrolled)
        let bob = desk.connection(of: HelperDesk.bob)
        #expect(try bob.ask(HelperRequest.enrolledMessage).flag == false)
        #expect(try bob.prove(code(noonStep)) == .refused(.noRecord))
        let key = try #require(try bob.begin())
        #expect(try bob.confirm(code(of: key)).kept != nil)
        #expect(try desk.look { $0.authenticators.count } == 1)
        #expect(try desk.look(HelperDesk.bob) { $0.authenticators.count } == 1)
        #expect(try desk.look { $0.key(of: 0) } == exampleKey)
    }

    @Test("Guesses are counted, by all connections together, and end in waiting")
    func throttle() throws {
        let desk = try desk(.enrolled)
        for round in 0..<5 {
            let alice = desk.connection()
            #expect(try alice.prove("000000") == .refused(.wrong))
            #expect(try desk.look { $0.throttle.failures } == UInt32(round + 1))
        }
        let alice = desk.connection()
        guard case .refused(.throttled)? = try alice.prove(code(noonStep)) else {
            Issue.record("not throttled")
            return
        }
        #expect(try alice.begin("tablet") == nil)
        #expect(desk.isTidy)
    }

    @Test("Codes, removal and the end, with proof")
    func changes() throws {
        let desk = HelperDesk()
        desk.enroll(try record(phone(), phone("tablet")))
        let alice = desk.connection()
        _ = try alice.prove(code(noonStep))
        let codes = try #require(try alice.ask(HelperRequest.codesMessage).codes)
        #expect(Set(codes).count == 10)
        #expect(
            try alice.ask(HelperRequest.removeMessage(name("watch"))).denial == .noSuchAuthenticator
        )
        #expect(try alice.ask(HelperRequest.removeMessage(name("phone"))).isDone)
        #expect(
            try alice.ask(HelperRequest.removeMessage(name("tablet"))).denial == .lastAuthenticator)
        #expect(try desk.look { $0.authenticators.map { text($0.name.bytes) } } == ["tablet"])
        #expect(try alice.ask(HelperRequest.disableMessage).isDone)
        #expect(try desk.look { $0.isEnrolled } == false)
        #expect(try alice.ask(HelperRequest.codesMessage).denial == .notEnrolled)
        // Root enrolls her anew: what was proven is about what is gone.
        desk.enroll(try record(phone()))
        #expect(try alice.ask(HelperRequest.codesMessage).denial == .proofNeeded)
        let kinds = desk.entries.compactMap { entry -> Event.Kind? in
            if case .changed(let event) = entry { event.kind } else { nil }
        }
        #expect(kinds == [.codesRenewed, .removed, .disabled])
        #expect(desk.isTidy)
    }

    @Test("Where the policy says so, root alone ends it")
    func noDisabling() throws {
        let desk = try desk(.enrolled)
        desk.options.userMayDisable = false
        let alice = desk.connection()
        _ = try alice.prove(code(noonStep))
        #expect(try alice.ask(HelperRequest.disableMessage).denial == .policy)
        #expect(try desk.look { $0.isEnrolled })
    }

    @Test("A store in trouble: nothing is claimed, and the log tells")
    func trouble() throws {
        let desk = try desk(.enrolled)
        let alice = desk.connection()
        _ = try alice.prove(code(noonStep))
        desk.commitFails = true
        let before = try factors(desk)
        for request in [
            HelperRequest.codesMessage, HelperRequest.disableMessage,
            HelperRequest.proveMessage(ascii(code(noonStep + 1)).span),
        ] {
            #expect(try alice.ask(request).denial == .unavailable)
        }
        #expect(try factors(desk) == before)
        desk.commitFails = false
        for code in [StoreError.Code.unsafe, .damaged, .otherKey, .busy] {
            desk.trouble = code
            for request in [
                HelperRequest.enrolledMessage, HelperRequest.statusMessage,
                HelperRequest.codesMessage, HelperRequest.disableMessage,
                HelperRequest.removeMessage(try name("phone")),
                HelperRequest.untrustMessage(nil),
                HelperRequest.beginMessage(try device("tablet")),
                HelperRequest.proveMessage(ascii("123456").span),
            ] {
                #expect(try alice.ask(request).denial == .unavailable)
            }
        }
        let troubles = desk.entries.count { if case .trouble = $0 { true } else { false } }
        #expect(troubles == 3 + 4 * 8)
    }
}
