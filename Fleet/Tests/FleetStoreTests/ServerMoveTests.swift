import OTPCore
import Testing

@testable import FleetStore

@Suite("Records that an admin moves on a server, without a host")
struct ServerMoveTests {
    private static let realm = TestFleet.realm

    private func fleet() async throws -> TestFleet { try await TestFleet(on: Cluster.shared()) }

    private func look(_ old: String, to new: String, on server: Database) throws -> MoveLook {
        try server.lookToMove(old, to: new, in: Self.realm, at: TestFleet.now)
    }

    /// Moves the record of `old`, which exists.
    private func move(_ old: String, to new: String, on server: Database) throws -> [RecordChange] {
        let owner = try #require(look(old, to: new, on: server).owner)
        return try server.move(owner, to: new, in: Self.realm, by: TestFleet.admin)
    }

    @Test("A moved record has another UID, role or codes, lets the old name in, or is not audited")
    func moved() async throws {
        let fleet = try await fleet(), server = fleet.server(), other = fleet.server()
        let codes = try fleet.enroll("bob", with: server)
        let name = UserName(realm: Self.realm, name: "bob")
        #expect(try server.setRole("auditor", of: name, by: TestFleet.admin))
        #expect(try fleet.login("bob", codes.backup[0], on: server) == "yes backup-code")
        // Nobody of this host may ask any more: a server is no host.
        #expect(try server.revoke(host: fleet.host.name, by: TestFleet.admin))
        #expect(try look("bob", to: "robert", on: server).target == .free)
        let changes = try move("bob", to: "robert", on: server)
        #expect(changes.map { $0.user.shownName } == ["robert"])
        #expect(changes.flatMap(\.events).map(\.kind) == [.moved])

        let users = try server.users(in: Self.realm)
        #expect(users.map(\.name.name) == ["robert"] && users.map(\.uid) == [1000])
        #expect(try server.role(of: UserName(realm: Self.realm, name: "robert")) == "auditor")
        let host = try fleet.makeHost("web1")
        #expect(
            try fleet.login("robert", codes.backup[0], on: other, from: host)
                == "no used-backup-code")
        #expect(
            try fleet.login("robert", codes.backup[1], on: other, from: host) == "yes backup-code")
        #expect(try fleet.login("bob", codes.backup[2], on: other, from: host).hasPrefix("no "))
        let rows = try server.audit(AuditQuery()).filter { $0.kind == "moved" }
        #expect(
            rows.map { "\($0.host)|\($0.user.name)|\($0.actor)|\($0.detail)|\($0.origin)" }
                == ["|robert|root|bob (1000)|test"], "\(rows)")
        // What was begun before is void.
        _ = try server.look(fleet.act("robert", from: host)) { (records) throws(StoreError) in
            let epoch = try records.openForReading(records.act.user)?.withRecord { $0.epoch }
            #expect(epoch ?? 0 > 1)
            return []
        }
    }

    @Test("What was moved already cannot be told from what never was")
    func again() async throws {
        let fleet = try await fleet(), server = fleet.server()
        for name in ["bob", "eve"] { try fleet.enroll(name, with: server) }
        _ = try move("bob", to: "robert", on: server)
        let done = try look("bob", to: "robert", on: server)
        #expect(done.owner == nil && done.target == .enrolled)
        #expect(done.last?.detail == "bob (1000)")
        let never = try look("bob", to: "eve", on: server)
        #expect(never.owner == nil && never.target == .enrolled && never.last == nil)
        // Somebody else who is called robert later.
        _ = try move("robert", to: "rob", on: server)
        try fleet.enroll("robert", with: server)
        #expect(try look("bob", to: "robert", on: server).last == nil)
        #expect(try look("robert", to: "rob", on: server).last?.detail == "robert (1000)")
    }

    @Test("A record that logs in is replaced, or an empty one is in the way")
    func occupied() async throws {
        let fleet = try await fleet(), server = fleet.server()
        for name in ["bob", "eve"] { try fleet.enroll(name, with: server) }
        #expect(try look("bob", to: "eve", on: server).target == .enrolled)
        #expect(throws: StoreError(.exists, [], "")) {
            try move("bob", to: "eve", on: server)
        }
        _ = try server.perform(fleet.act("carl", uid: 1001)) { (records) throws(StoreError) in
            try records.make(Record(), of: records.act.user)
            return ActAnswer(reply: [], audit: nil)
        }
        #expect(try look("bob", to: "carl", on: server).target == .empty)
        _ = try move("bob", to: "carl", on: server)
        let users = try server.users(in: Self.realm)
        #expect(users.map(\.name.name) == ["carl", "eve"] && users.map(\.uid) == [1000, 1000])
    }

    @Test("A record is moved that somebody else has moved meanwhile")
    func meanwhile() async throws {
        let fleet = try await fleet(), server = fleet.server()
        try fleet.enroll("bob", with: server)
        let owner = try #require(look("1000", to: "robert", on: server).owner)
        #expect(owner.shownName == "bob")
        _ = try move("bob", to: "rob", on: fleet.server())
        #expect(throws: StoreError(.missing, [], "")) {
            try server.move(owner, to: "robert", in: Self.realm, by: TestFleet.admin)
        }
        #expect(try server.users(in: Self.realm).map(\.name.name) == ["rob"])
    }
}
