import Foundation
import OTPCore
import OTPWire
import Testing

@testable import FleetNetwork
@testable import FleetOffline

@Suite("Offline, an answer counts once, for one user, at one host")
struct LedgerTests {
    @Test("Of 64 who give one answer at once, two are let in, or nobody is")
    func race() async throws {
        let desk = try Desk()
        let ledger = desk.ledger()
        for round in 1...10 as ClosedRange<UInt64> {
            let answer = desk.answer(round)
            let verdicts = await atOnce(64) { _ in try? ledger.judge(answer, round) }
            #expect(verdicts.count { $0 == .granted } == 1)
            #expect(verdicts.count { $0 == .used } == 63)
        }
        #expect(try desk.ledger().next(of: "alice") == 11)
        #expect(ledger.untold.map(\.number) == Array(1...10))
    }

    @Test("An answer counts again after the agent has started again")
    func again() throws {
        let desk = try Desk()
        #expect(try desk.ledger().judge(desk.answer(1), 1) == .granted)
        let second = desk.ledger()
        #expect(second.trouble == nil)
        #expect(try second.judge(desk.answer(1), 1) == .used)
        #expect(try second.judge(desk.answer(1), 2) == .wrong)
        #expect(
            try second.judge(desk.answer(2).lowercased().replacing("-", with: " "), 2) == .granted)
    }

    @Test("An answer of another user, host or number lets somebody in")
    func bound() throws {
        let (desk, other) = (try Desk(), try Desk(key: 8))
        let ledger = desk.ledger()
        #expect(try ledger.judge(other.answer(1), 1) == .wrong)
        #expect(try ledger.judge(desk.answer(1, of: "bob"), 1) == .wrong)
        #expect(try ledger.judge(desk.answer(2), 1) == .wrong)
        for text in ["", "-", "0", desk.answer(1) + "0", String(repeating: "0", count: 5000), "ä"] {
            #expect(try ledger.judge(text, 1) == .wrong, "\(text)")
        }
        #expect(try ledger.judge(desk.answer(2), 2) == .used)
        #expect(try ledger.judge(desk.answer(1), 1) == .granted)
        // A name that is nobody's: no answer is right, and nothing of it is kept.
        #expect(try ledger.judge(desk.answer(1, of: ""), 1, of: "") == .wrong)
        #expect(!(try PrivateFile.read(desk.file).contains("\"\"")))
    }

    @Test("More than 20 wrong answers can be tried, they close the way for others, or for ever")
    func closed() throws {
        let desk = try Desk()
        let ledger = desk.ledger()
        for _ in 0..<20 { #expect(try ledger.judge("AAAA-AAAA-AAAA", 1) == .wrong) }
        #expect(try ledger.judge(desk.answer(1), 1) == .closed)
        #expect(try desk.ledger().judge(desk.answer(1), 1) == .closed)
        #expect(try ledger.judge(desk.answer(1, of: "bob"), 1, of: "bob") == .granted)
        #expect(ledger.untold.map(\.kind) == [.closed, .answer])
        try ledger.settle(told: ledger.untold, key: desk.key, bytes: desk.bytes, highest: 0)
        #expect(ledger.untold.isEmpty)
        #expect(try ledger.judge(desk.answer(1), 1) == .granted)
        for _ in 0..<20 { _ = try ledger.judge("AAAA-AAAA-AAAA", 2) }
        #expect(try ledger.judge(desk.answer(2), 2) == .closed)
        try ledger.reopen(now: 1)
        #expect(try ledger.judge(desk.answer(2), 2) == .granted)
    }

    @Test("What was decided while a server was told is lost, or told twice")
    func telling() throws {
        let desk = try Desk()
        let ledger = desk.ledger()
        _ = try ledger.judge(desk.answer(1), 1)
        let told = ledger.untold
        _ = try ledger.judge(desk.answer(2), 2)
        try ledger.settle(told: told, key: desk.key, bytes: desk.bytes, highest: 0)
        #expect(ledger.untold.map(\.number) == [2])
        // The answer to a report came twice.
        try ledger.settle(told: told, key: desk.key, bytes: desk.bytes, highest: 0)
        #expect(desk.ledger().untold.map(\.number) == [2])
    }

    @Test("After a new master key the old answers count, or numbers begin again")
    func newKey() throws {
        let desk = try Desk()
        let ledger = desk.ledger()
        _ = try ledger.judge(desk.answer(1), 1)
        let bytes = [UInt8](repeating: 9, count: 32)
        try ledger.settle(told: [], key: Desk.key(bytes), bytes: bytes, highest: 0)
        #expect(try ledger.judge(desk.answer(2), 2) == .wrong)
        let new = OfflineAnswer.text(of: Array("alice".utf8), number: 2, key: Desk.key(bytes))
        #expect(try desk.ledger().judge(new, 2) == .granted)
    }

    @Test("A host without a key lets somebody in")
    func noKey() throws {
        let (folder, keys) = (try TestFolder(), try TestFolder())
        let ledger = Ledger(in: folder.path, keys: keys.path)
        #expect(ledger.isNew && ledger.trouble?.contains("no key") == true)
        #expect(throws: FleetProblem.self) { try ledger.judge("AAAA-AAAA-AAAA", 1) }
        #expect(throws: FleetProblem.self) { try ledger.reopen(now: 1) }
    }
}

@Suite("Offline, a ledger that went back is noticed")
struct RewoundLedgerTests {
    /// A desk whose first three answers are burnt, and its ledger after the first.
    private func rewound() throws -> (Desk, earlier: String) {
        let desk = try Desk()
        let ledger = desk.ledger()
        _ = try ledger.judge(desk.answer(1), 1)
        let earlier = try PrivateFile.read(desk.file)
        for number in 2...3 as ClosedRange<UInt64> {
            _ = try ledger.judge(desk.answer(number), number)
        }
        return (desk, earlier)
    }

    @Test(
        "An answer counts again, or logins go on, when the ledger is older, gone or damaged",
        arguments: ["older", "gone", "empty", "damaged", "open to others"])
    func back(_ what: String) throws {
        let (desk, earlier) = try rewound()
        switch what {
        case "older": try PrivateFile.write(earlier, at: desk.file)
        case "gone": PrivateFile.remove(desk.file)
        case "empty": try PrivateFile.write("", at: desk.file)
        case "damaged":
            try PrivateFile.write(
                try PrivateFile.read(desk.file).replacing("\"next\":4", with: "\"next\":-4"),
                at: desk.file)
        default: #expect(chmod(desk.file, 0o644) == 0)
        }
        let ledger = desk.ledger()
        #expect(ledger.trouble != nil)
        for number in 1...4 as ClosedRange<UInt64> {
            #expect(throws: FleetProblem.self) { try ledger.judge(desk.answer(number), number) }
        }
        // A server that is reached does not make it good: it cannot know what was burnt.
        try ledger.settle(told: [], key: desk.key, bytes: desk.bytes, highest: 0)
        #expect(ledger.trouble != nil)
        try ledger.reopen(now: 5)
        #expect(ledger.trouble == nil && desk.ledger().trouble == nil)
        #expect(try ledger.next(of: "alice") == 4 && ledger.next(of: "bob") == 4)
        // A stranger must not tell by the number who is a user.
        #expect(try ledger.next(of: "") == 4)
        for number in 1...3 as ClosedRange<UInt64> {
            #expect(try ledger.judge(desk.answer(number), number) == .used)
        }
        #expect(try ledger.judge(desk.answer(4), 4) == .granted)
        #expect(ledger.untold.contains { $0.kind == .reopened && $0.number == 3 })
    }

    @Test("A ledger that is put back under a running agent is believed")
    func running() throws {
        let (desk, earlier) = try rewound()
        let ledger = desk.ledger()
        try PrivateFile.write(earlier, at: desk.file)
        #expect(throws: FleetProblem.self) { try ledger.judge(desk.answer(4), 4) }
        #expect(ledger.trouble?.contains("replaced") == true)
    }

    @Test("Two agents with one ledger both let somebody in by one answer")
    func two() throws {
        let desk = try Desk()
        let (first, second) = (desk.ledger(), desk.ledger())
        #expect(try first.judge(desk.answer(1), 1) == .granted)
        #expect(throws: FleetProblem.self) { try second.judge(desk.answer(1), 1) }
    }

    @Test("A host that lost its key begins with numbers that a server knows as used")
    func lostKey() throws {
        let (desk, _) = try rewound()
        PrivateFile.remove(desk.keyFile)
        PrivateFile.remove(desk.file)
        let ledger = desk.ledger()
        #expect(ledger.isNew)
        try ledger.settle(told: [], key: desk.key, bytes: desk.bytes, highest: 3)
        #expect(try ledger.next(of: "alice") == 4)
        #expect(try ledger.judge(desk.answer(3), 3) == .used)
    }
}
