import OTPCore
import OTPService
import OTPWire
import TestSupport
import Testing

@Suite("The right that a handler was given")
struct GivenRightTests {
    private let ledger = Ledger()

    private static let number = NumberDocument(uid: 1001, users: ["alice"])

    private static let commands: [OTPWire.Command] = [
        .policy, .status, .recorded(after: nil, name: nil), .rows(of: [number]), .helpDesk, .reset,
        .unlock(after: nil), .issue(seconds: nil, mail: nil), .keys(of: [number]),
        .makeStore(startsEmpty: true), .rekey(step: .begin), .backUp(step: .begin),
        .contact(kind: "mail", address: "a@example.org"),
    ]

    @Test("A handler without a right does something", arguments: commands.indices)
    func denied(index: Int) throws {
        let work = Work(on: ledger)
        let server = Server(work)
        let reply = try server.answer(
            Request(Self.commands[index]), of: People.bob, as: .root, about: People.alice,
            right: .denied)
        #expect(reply == .denied(reason: .rootOnly))
        work.commit()
        #expect(ledger.records.isEmpty && server.announcer.commands.isEmpty)
    }

    @Test("Somebody who must give a code of their own need not, because they are not the help desk")
    func ownProof() async throws {
        let bob = try await Enrollee(People.bob, on: ledger)
        func issue(_ proof: String?) throws -> Reply.Result {
            try Server(Work(on: ledger)).answer(
                Request(.issue(seconds: nil, mail: nil), proof: proof), of: People.bob, as: .root,
                about: People.alice, right: .withOwnProof)
        }
        #expect(try issue(nil) == .denied(reason: .ownProofNeeded))
        let reply = try issue(bob.backupCodes.first)
        guard case .done(let change) = reply else { throw Trouble("\(reply)") }
        #expect(change.temporaryCode != nil)
    }

    @Test("A code that a member of the help desk gave at one server counts at another")
    func passes() async throws {
        let sue = try await Enrollee(People.sue, on: ledger, as: .root)
        let (here, there) = (HelpDeskPasses<String>(), HelpDeskPasses<String>())
        func look(_ passes: HelpDeskPasses<String>, _ proof: String?) throws -> Reply.Result {
            let work = Work(on: ledger)
            defer { work.commit() }
            return try Server(work, passes).answer(
                Request(.status, proof: proof), of: People.sue, as: .helper, about: People.alice)
        }
        #expect(try look(here, nil) == .denied(reason: .ownProofNeeded))
        for proof in [sue.backupCodes.first, nil] {
            guard case .account = try look(here, proof) else { throw Trouble("no account") }
        }
        #expect(try look(there, nil) == .denied(reason: .ownProofNeeded))
        #expect(here.isAnyLive && !there.isAnyLive)
    }

    @Test("The help desk sees accounts where nobody says whom it must leave alone")
    func withoutDesk() async throws {
        _ = try await Enrollee(People.alice, on: ledger)
        var server = Server(Work(on: ledger))
        func rows() throws -> Reply.Result {
            try server.answer(
                Request(.rows(of: [Self.number])), of: People.sue, as: .helper, right: .allowed)
        }
        guard case .rows(let seen) = try rows(), case .found = seen.first else {
            throw Trouble("no row")
        }
        server.helpDesk = nil
        #expect(try rows() == .rows(rows: [.hidden]))
    }

    @Test("What concerns the store's files is not left to the place where they are")
    func storeCommands() throws {
        let server = Server(Work(on: ledger))
        let commands: [OTPWire.Command] = [
            .move(from: "bob", rehearses: true), .forget(record: "bob"),
            .makeStore(startsEmpty: false), .rekey(step: .end), .backUp(step: .begin),
            .restore(
                records: [], time: 1, window: 1, keepsCodes: false, bringsBack: false,
                rehearses: true),
            .bring(of: [], adds: false, rehearses: true),
        ]
        for command in commands {
            let reply = try server.answer(
                Request(command), of: People.bob, as: .root, about: People.alice)
            #expect(reply == .denied(reason: .policy))
        }
        #expect(server.announcer.commands.count == commands.count)
    }
}
