import Foundation
import Testing

@testable import OTPCore
@testable import OTPStore

@Suite("A new seal key")
struct RekeyTests {
    private let fixture: StoreFixture

    init() throws {
        fixture = try StoreFixture()
    }

    private func user(_ number: Int) -> User {
        User(name: Array("user\(number)".utf8), uid: 80_000 + UInt32(number), gid: 100)
    }

    private func seal(_ users: User...) throws {
        for user in users { try fixture.store().reseal(user.uid) }
    }

    private func rekey(_ users: User...) throws {
        try fixture.store().beginRekey()
        for user in users { try fixture.store().reseal(user.uid) }
        #expect(try fixture.store().endRekey().left.isEmpty)
    }

    /// With a code and a backup code, once each.
    private func logIn(_ user: User, _ backupCode: String) throws {
        #expect(try fixture.attempt(code(noonStep), as: user).reason == "code")
        #expect(try fixture.attempt(backupCode, as: user).reason == "backup-code")
        #expect(try fixture.attempt(code(noonStep), as: user) == .refused(.replayed))
    }

    private func keyID(of name: String) throws -> [UInt8] {
        Array(try fixture.read(name)[16..<24])
    }

    @Test("A code cannot be used, or is good twice, in a state between")
    func between() throws {
        try fixture.enroll()
        try fixture.enroll(bob)
        _ = try fixture.attempt(code(noonStep))
        _ = try fixture.attempt(wrong(1))
        let before = try fixture.state()
        let oldID = try fixture.store().keyID()
        try fixture.store().beginRekey()
        let newID = try fixture.store().keyID()
        #expect(newID != oldID)
        #expect(try fixture.state() == before)
        try seal(alice)
        #expect(try keyID(of: "store/70001") == newID)
        #expect(try keyID(of: "store/70002") == oldID)
        #expect(try fixture.state() == before)
        for user in [alice, bob] {
            #expect(try fixture.attempt(code(noonStep + 1), as: user).reason == "code")
            #expect(try fixture.attempt(code(noonStep + 1), as: user) == .refused(.replayed))
        }
        // A commit keeps the key of the record; only its turn changes that.
        #expect(try keyID(of: "store/70002") == oldID)
        #expect(try fixture.store().endRekey().left.isEmpty)
        #expect(try keyID(of: "store/70002") == newID)
        for user in [alice, bob] {
            #expect(try fixture.attempt(code(noonStep + 1), as: user) == .refused(.repeated))
        }
        #expect(
            try fixture.names(in: "store").sorted() == ["70001", "70002", "marker", "seal.key"])
    }

    @Test("The old key stays on the disk, or still opens something")
    func destroyed() throws {
        try fixture.enroll()
        let old = try fixture.read("store/seal.key")
        let record = try fixture.read("store/70001")
        let file = try #require(fopen(fixture.file("store/seal.key"), "r"))
        defer { fclose(file) }
        try rekey(alice)
        var left = [UInt8](repeating: 1, count: 64)
        #expect(fread(&left, 1, 64, file) == 48)
        #expect(left.prefix(48).allSatisfy { $0 == 0 })
        let new = try fixture.read("store/seal.key")
        #expect(new != old)
        try fixture.write(old, to: "store/seal.key")
        #expect(trouble(opening: fixture) == .otherKey)
        #expect(trouble { () throws(StoreError) in try fixture.store().prove() } == .otherKey)
        try fixture.write(new, to: "store/seal.key")
        #expect(trouble(opening: fixture) == nil)
        try fixture.write(record, to: "store/70001")
        #expect(trouble(opening: fixture) == .otherKey)
    }

    @Test("The key is destroyed while a record needs it")
    func damaged() throws {
        try fixture.enroll()
        try fixture.enroll(bob)
        let good = try fixture.read("store/70002")
        var bad = good
        bad[4096 + 100] ^= 1
        try fixture.write(bad, to: "store/70002")
        try fixture.store().beginRekey()
        #expect(
            trouble { () throws(StoreError) in try fixture.store().reseal(bob.uid) } == .damaged)
        for _ in 0..<2 {
            let left = try fixture.store().endRekey().left
            #expect(left.map(\.number) == [bob.uid] && left.first?.error.code == .damaged)
        }
        #expect(try fixture.attempt(code(noonStep)).reason == "code")
        // A copy from a backup still opens, and has its turn.
        try fixture.write(good, to: "store/70002")
        #expect(try fixture.attempt(code(noonStep), as: bob).reason == "code")
        #expect(try fixture.store().endRekey().left.isEmpty)
        #expect(try fixture.attempt(code(noonStep), as: bob) == .refused(.replayed))
    }

    @Test("Killed between destroying the old key and renaming the new one, nobody gets in")
    func wiped() throws {
        try fixture.enroll()
        try fixture.store().beginRekey()
        try seal(alice)
        try fixture.write([UInt8](repeating: 0, count: 48), to: "store/seal.key")
        #expect(try fixture.attempt(code(noonStep)).reason == "code")
        #expect(try !fixture.store().isEnrolled(bob))
        try fixture.enroll(bob)
        try rekey()
        #expect(try fixture.attempt(code(noonStep)) == .refused(.replayed))
        #expect(try fixture.attempt(code(noonStep), as: bob).reason == "code")
        #expect(!(try fixture.names(in: "store").contains("seal.key.next")))
        // Without a next one it is no key.
        try fixture.write([UInt8](repeating: 0, count: 48), to: "store/seal.key")
        #expect(trouble(opening: fixture) == .damaged)
    }

    @Test("What had read the keys before the rekey locks users out, or seals with the old key")
    func stale() throws {
        try fixture.enroll()
        // Each of these has read the old key.
        let stores = try (0..<7).map { _ in try fixture.store() }
        for store in stores { _ = try store.key() }
        let session = try #require(try stores[0].open(alice))
        let oldID = try fixture.store().keyID()
        try fixture.store().beginRekey()
        let typed = Array(code(noonStep).utf8)
        session.withRecord {
            _ = Verifier(window: 1).verify(Answer(typed.span), against: &$0, at: noon)
        }
        try session.commit()
        session.close()
        try seal(alice)
        #expect(try fixture.attempt(code(noonStep)) == .refused(.replayed))
        // Anew sealed records, the marker, decoys and names.
        let opened = try #require(try stores[1].open(alice))
        opened.close()
        try stores[2].prove()
        try #require(try stores[3].openDecoy(for: Array("x".utf8))).close()
        var codes: [String] = []
        try stores[4].make(try fullRecord(&codes), of: bob)
        #expect(try keyID(of: "store/70002") != oldID)
        #expect(try stores[5].countMessage(at: noon, most: 1))
        #expect(try fixture.store().endRekey().left.isEmpty)
        #expect(try fixture.attempt(code(noonStep), as: bob).reason == "code")
        #expect(try !fixture.store().countMessage(at: noon, most: 1))
        try #require(try stores[6].open(alice)).close()
        try #require(try stores[1].open(bob)).close()
    }

    @Test("Names, decoys, messages or the help desk's acts are lost")
    func others() throws {
        try fixture.enroll()
        let act = HelpDeskLog.Act(.reset, at: 9, by: alice, to: alice)
        #expect(try fixture.store().changeHelpDeskLog { $0.take(act, daily: 9) })
        #expect(try fixture.store().countMessage(at: noon, most: 1))
        try #require(try fixture.store().openDecoy(for: Array("x".utf8))).close()
        // The name of somebody who is gone.
        try fixture.store().note(bob.name, in: bob.uid)
        let renumbered = User(name: alice.name, uid: 70_050, gid: 100)
        func refused() -> Bool {
            trouble { () throws(StoreError) in _ = try fixture.store().isEnrolled(renumbered) }
                == .otherUser
        }
        let oldNames = Set(try fixture.allNames(in: "store").filter { $0.hasPrefix("name-") })
        let oldID = try fixture.store().keyID()
        try fixture.store().beginRekey()
        #expect(refused())
        try seal(alice)
        #expect(refused())
        #expect(try fixture.store().endRekey().left.isEmpty)
        #expect(refused())
        let names = try fixture.allNames(in: "store").filter { $0.hasPrefix("name-") }
        #expect(names.count == 1 && oldNames.isDisjoint(with: names))
        #expect(try fixture.store().helpDeskLog().acts == [act])
        #expect(try !fixture.store().countMessage(at: noon, most: 1))
        for name in try fixture.names(in: "store") where name.hasPrefix("decoy-") {
            #expect(try keyID(of: "store/" + name) != oldID)
        }
        // All decoys exist, so that the first login after it takes no longer than others.
        #expect(try fixture.names(in: "store").count { $0.hasPrefix("decoy-") } == 256)
    }

    @Test("Several at once destroy the new key, or never end")
    func severalRekeys() async throws {
        for number in 0..<20 { try fixture.enroll(user(number)) }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    for _ in 0..<3 {
                        try fixture.store().beginRekey()
                        for number in 0..<20 { try fixture.store().reseal(user(number).uid) }
                        #expect(try fixture.store().endRekey().left.isEmpty)
                    }
                }
            }
            try await group.waitForAll()
        }
        #expect(!(try fixture.names(in: "store").contains("seal.key.next")))
        for number in 0..<20 {
            #expect(try fixture.attempt(code(noonStep), as: user(number)).reason == "code")
        }
    }

    @Test("During a rekey a login fails, a code is good twice, or a new record is lost")
    func logins() async throws {
        let count = 60
        var codes: [[String]] = []
        for number in 0..<count { codes.append(try fixture.enroll(user(number))) }
        let backup = codes
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                for _ in 0..<4 {
                    try fixture.store().beginRekey()
                    for number in 0..<count { try fixture.store().reseal(user(number).uid) }
                    #expect(try fixture.store().endRekey().left.isEmpty)
                }
            }
            for number in 0..<count {
                group.addTask { try logIn(user(number), backup[number][0]) }
                group.addTask { try fixture.enroll(user(1000 + number)) }
            }
            try await group.waitForAll()
        }
        for number in 0..<count {
            let new = user(1000 + number)
            #expect(try fixture.attempt(code(noonStep), as: new).reason == "code")
            #expect(try fixture.attempt(code(noonStep), as: user(number)) == .refused(.repeated))
            #expect(try fixture.store().number(of: new.name) == new.uid)
        }
    }

    @Test("One code logs in several who try it at once during a rekey")
    func once() async throws {
        try fixture.enroll()
        let granted = try await withThrowingTaskGroup(of: Int.self) { group in
            group.addTask {
                for _ in 0..<20 {
                    try fixture.store().beginRekey()
                    try fixture.store().reseal(alice.uid)
                    #expect(try fixture.store().endRekey().left.isEmpty)
                }
                return 0
            }
            for number in 0..<64 {
                group.addTask {
                    let outcome = try fixture.attempt(code(noonStep), from: "\(number)")
                    return outcome.reason == "code" ? 1 : 0
                }
            }
            return try await group.reduce(0, +)
        }
        #expect(granted == 1)
    }
}
