import OTPCore
import OTPService
import OTPWire
import TestSupport
import Testing

@Suite("Requests in a unit of work that is committed after the reply")
struct UnitOfWorkTests {
    private let ledger = Ledger()

    @Test("An enrollment is stored before the commit, or cannot be used after it")
    func enrolling() async throws {
        let (phone, ticket) = try Enrollee.begin(People.alice, on: ledger)
        let code = try await phone.code(at: Int(Server.start))
        let work = Work(on: ledger)
        let server = Server(work)
        let reply = try server.answer(
            Request(.confirm(ticket: ticket, code: code)), of: People.alice)
        guard case .done(let change) = reply else { throw Trouble("\(reply)") }
        #expect(ledger.records.isEmpty)
        #expect(change.backupCodes?.count == 10)
        #expect(server.announcer.lines.count == 1)
        work.commit()
        #expect(try ledger.account(of: People.alice).authenticators.count == 1)
    }

    @Test("A code counts again after the unit in which it was used")
    func burning() async throws {
        let alice = try await Enrollee(People.alice, on: ledger)
        let code = try await alice.phone.code(at: Int(Server.start) + 30)
        var answers: [Bool] = []
        for _ in 0..<2 {
            let work = Work(on: ledger)
            let reply = try Server(work).answer(Request(.verify(code: code)), of: People.alice)
            guard case .outcome(let outcome) = reply else { throw Trouble("\(reply)") }
            answers.append(outcome.isAccepted)
            work.commit()
        }
        #expect(answers == [true, false])
    }

    @Test("A refused proof is not in the unit, so that proofs can be guessed")
    func guessing() async throws {
        let alice = try await Enrollee(People.alice, on: ledger)
        let work = Work(on: ledger)
        let wrong = try await alice.phone.wrongCode(at: Int(Server.start))
        let reply = try Server(work).answer(
            Request(.renewBackupCodes, proof: wrong), of: People.alice)
        guard case .outcome(let outcome) = reply else { throw Trouble("\(reply)") }
        #expect(!outcome.isAccepted)
        #expect(try ledger.account(of: People.alice).failures == 0)
        work.commit()
        #expect(try ledger.account(of: People.alice).failures == 1)
    }

    @Test("A change that was refused after its proof leaves traces, or gives the proof back")
    func refusing() async throws {
        let alice = try await Enrollee(People.alice, on: ledger)
        let proof = try #require(alice.backupCodes.first)
        let work = Work(on: ledger)
        let reply = try Server(work).answer(
            Request(.remove(name: "nothing"), proof: proof), of: People.alice)
        #expect(reply == .denied(reason: .noSuchAuthenticator))
        work.commit()
        let account = try ledger.account(of: People.alice)
        #expect(account.authenticators.count == 1)
        #expect(account.backupCodesLeft == alice.backupCodes.count - 1)
    }

    @Test("What ran in a unit that was dropped shows when it is run again")
    func again() async throws {
        let alice = try await Enrollee(People.alice, on: ledger)
        let request = Request(.renewBackupCodes, proof: alice.backupCodes.last)
        var replies: [ChangeDocument] = []
        var work = Work(on: ledger)
        for _ in 0..<2 {
            work = Work(on: ledger)
            let server = Server(work)
            let reply = try server.answer(request, of: People.alice)
            guard case .done(let change) = reply else { throw Trouble("\(reply)") }
            replies.append(change)
            #expect(server.announcer.lines.count == 2)
        }
        work.commit()
        let codes = replies.map { $0.backupCodes?.first ?? "" }
        for (code, isAccepted) in zip(codes, [false, true]) {
            let reply = try Server(Work(on: ledger)).answer(
                Request(.verify(code: code)), of: People.alice)
            guard case .outcome(let outcome) = reply else { throw Trouble("\(reply)") }
            #expect(outcome.isAccepted == isAccepted)
        }
    }

    @Test("A damaged record cannot be reset")
    func damage() async throws {
        ledger.damage("alice")
        #expect(throws: StoreError.self) { try ledger.account(of: People.alice) }
        let work = Work(on: ledger)
        let reply = try Server(work).answer(
            Request(.reset), of: People.bob, as: .root, about: People.alice)
        guard case .done(let change) = reply else { throw Trouble("\(reply)") }
        #expect(change.trouble?.code == "damaged")
        work.commit()
        #expect(try ledger.account(of: People.alice).isEnrolled == false)
    }
}
