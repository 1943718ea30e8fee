import OTPCore
import Testing

@testable import FleetStore

@Suite("A record in the database is worth nothing elsewhere, at another time, or changed")
struct SealingTests {
    private func fleet() async throws -> TestFleet { try await TestFleet(on: Cluster.shared()) }

    /// Changes a row as the superuser, without the guard.
    private func tamper(_ fleet: TestFleet, _ statement: String) throws {
        try fleet.cluster.primary.run(
            "SET session_replication_role TO replica", statement, in: fleet.database)
    }

    private func heard(_ fleet: TestFleet, _ name: String = "alice") -> String {
        fleet.outcome(name, TestFleet.code(), on: fleet.server())
    }

    @Test(
        "A changed record is opened",
        arguments: [
            "record = set_byte(record, 0, get_byte(record, 0) # 1)",
            "record = set_byte(record, 20, get_byte(record, 20) # 128)",
            "record = set_byte(record, length(record) - 1, get_byte(record, length(record) - 1) # 1)",
            "record = ''", "record = substr(record, 1, 27)", "record = record || '\\x00'",
            "version = version + 1",
        ])
    func forged(change: String) async throws {
        let fleet = try await fleet()
        try fleet.enroll("alice")
        try tamper(fleet, "UPDATE swiftotp.users SET \(change) WHERE name = 'alice'")
        #expect(heard(fleet).contains("not what was stored"))
    }

    @Test("Another user's record is opened, such as after a swap of two rows")
    func swapped() async throws {
        let fleet = try await fleet()
        try fleet.enroll("alice")
        try fleet.enroll("mallory")
        try tamper(
            fleet,
            """
            UPDATE swiftotp.users a SET record = b.record FROM swiftotp.users b
            WHERE a.name IN ('alice', 'mallory') AND b.name IN ('alice', 'mallory')
                AND a.name <> b.name
            """)
        #expect(heard(fleet).contains("not what was stored"))
        #expect(heard(fleet, "mallory").contains("not what was stored"))
    }

    @Test("A record logs in somebody else, once its row has the other's name, realm or UID")
    func renamed() async throws {
        let fleet = try await fleet()
        try fleet.enroll("mallory")
        try tamper(fleet, "UPDATE swiftotp.users SET name = 'alice' WHERE name = 'mallory'")
        #expect(heard(fleet).contains("not what was stored"))
        try tamper(
            fleet,
            "UPDATE swiftotp.users SET name = 'mallory', realm = 'lab' WHERE name = 'alice'")
        let lab = try fleet.makeHost("lab1", realm: "lab")
        let moved = fleet.outcome("mallory", TestFleet.code(), on: fleet.server(), from: lab)
        #expect(moved.contains("not what was stored"))
        try tamper(
            fleet,
            "UPDATE swiftotp.users SET realm = '\(TestFleet.realm)', uid = 1001"
                + " WHERE name = 'mallory'")
        #expect(throws: StoreError(.damaged, [], "")) {
            try fleet.server().perform(
                fleet.act("mallory", uid: 1001), TestFleet.judge(TestFleet.code()))
        }
        // As it was, it counts.
        try tamper(fleet, "UPDATE swiftotp.users SET uid = 1000 WHERE name = 'mallory'")
        #expect(heard(fleet, "mallory") == "yes code")
    }

    @Test("An old record is opened under the current version")
    func rewound() async throws {
        let fleet = try await fleet(), server = fleet.server(), now = TestFleet.now
        try fleet.enroll("alice", at: now, with: server)
        try fleet.cluster.primary.run(
            "CREATE TABLE swiftotp.kept AS SELECT * FROM swiftotp.users WHERE name = 'alice'",
            in: fleet.database)
        #expect(
            try fleet.login("alice", TestFleet.code(at: now), on: server, at: now) == "yes code")
        try tamper(
            fleet,
            "UPDATE swiftotp.users u SET record = k.record, version = u.version + 1"
                + " FROM swiftotp.kept k WHERE u.id = k.id")
        #expect(heard(fleet).contains("not what was stored"))
    }

    @Test("A server with another master key judges, or does not say which key is missing")
    func otherKey() async throws {
        let fleet = try await fleet()
        try fleet.enroll("alice")
        let other = fleet.server { $0.keys = TestFleet.makeKeys() }
        let heard = fleet.outcome("alice", TestFleet.code(), on: other)
        #expect(heard.contains(DatabaseTrouble.otherKey.sentence), "\(heard)")
    }

    @Test("The key of a record is not HKDF-Expand of the master key (RFC 5869)")
    func derivation() throws {
        let bytes = (0..<32).map { UInt8($0) }
        let made = SealKey(id: [UInt8](repeating: 1, count: 8), key: Secret(copying: bytes.span))
        let master = try #require(made)
        let user = try #require(RowID([UInt8](repeating: 7, count: 16)))
        var info = Array("swiftotp fleet record".utf8)
        info += [0] + user.bytes + [0, 0, 0]
        let hex = { (bytes: [UInt8]) in
            var text: [UInt8] = []
            for byte in bytes { text.append(hex: byte) }
            return String(decoding: text, as: UTF8.self)
        }
        let printed = try Tool.run([
            "openssl", "kdf", "-keylen", "32", "-kdfopt", "digest:SHA256", "-kdfopt",
            "mode:EXPAND_ONLY", "-kdfopt", "hexkey:\(hex(bytes))", "-kdfopt",
            "hexinfo:\(hex(info))", "HKDF",
        ])
        let digits = Array(printed.utf8).filter { Hex.digit($0) != nil }
        let expected = Hex.decode(digits.span)?.withBytes { $0.array } ?? []
        let derived = try #require(master.derived(for: "swiftotp fleet record", user.bytes))
        let other = SealKey(id: master.id, key: Secret(copying: expected.span))
        let peer = try #require(other)
        let text = Array("any text".utf8)
        #expect(derived.mac(text.span, length: 32) == peer.mac(text.span, length: 32))
        #expect(expected.count == 32)
    }

    @Test("A ticket is opened by another fleet, for another host, or after a change")
    func tickets() async throws {
        let fleet = try await fleet(), other = try await self.fleet()
        let server = fleet.server(), stranger = other.server { $0.keys = other.keys }
        try server.ready()
        try stranger.ready()
        var plain = Array("has proven".utf8)
        var ticket = try server.sealTicket(&plain, for: fleet.host)
        #expect(plain.isEmpty)
        #expect(try server.openTicket(ticket, for: fleet.host) == Array("has proven".utf8))
        #expect(try stranger.openTicket(ticket, for: fleet.host) == nil)
        #expect(try server.openTicket(ticket, for: fleet.makeHost("other")) == nil)
        ticket[ticket.count - 1] ^= 1
        #expect(try server.openTicket(ticket, for: fleet.host) == nil)
        #expect(try server.openTicket([], for: fleet.host) == nil)
    }

    @Test("Another UID for a name gets in, or none does where UIDs differ by design")
    func identity() async throws {
        let fleet = try await fleet(), server = fleet.server(), now = TestFleet.now
        try fleet.enroll("alice", at: now, with: server)
        let act = fleet.act("alice", uid: 2000, at: now)
        #expect(throws: StoreError(.otherUser, [], "")) {
            try server.perform(act, TestFleet.judge(TestFleet.code(at: now)))
        }
        let byName = fleet.server { $0.identity = .name }
        guard
            case .done(let done) = try byName.perform(
                act, TestFleet.judge(TestFleet.code(at: now)))
        else { throw Trouble("refused") }
        #expect(done.reply == Array("yes code".utf8))
    }
}
