import OTPCore
import Testing

@testable import FleetStore

@Suite("Whoever writes the database gives nobody a right, an invite or a role")
struct RowProofTests {
    private func fleet() async throws -> TestFleet { try await TestFleet(on: Cluster.shared()) }

    /// What the server's role in the database can do without a server.
    private func asRole(_ fleet: TestFleet, _ statement: String) throws {
        let end = ContinuousClock.now + .seconds(60)
        let connection = try PostgresConnection.connect(
            to: fleet.settings.address, as: "test", connectTime: .seconds(10), until: end)
        _ = try connection.run(PostgresStatement(statement), until: end).rows()
    }

    @Test(
        "Whoever writes the database gives a host a right, another realm, or its access back",
        arguments: [
            "rights = 'admin,enroll,import'", "realm = 'lab'", "revoked = NULL",
            "generation = 7", "joined = joined - 1", "site = 0", "mac = ''", "key_id = ''",
        ])
    func changedHost(change: String) async throws {
        let fleet = try await fleet()
        #expect(try fleet.server().revoke(host: "web1", by: TestFleet.admin))
        try asRole(fleet, "UPDATE swiftotp.hosts SET \(change) WHERE name = 'web1'")
        #expect(throws: StoreError(.damaged, [], "")) { try fleet.server().host(named: "web1") }
        #expect(try fleet.server().hosts().map(\.isChanged) == [true])
        // The ways out.
        #expect(try fleet.server().revoke(host: "web1", by: TestFleet.admin))
        #expect(try fleet.server().host(named: "web1")?.revoked != nil)
        #expect(try fleet.makeHost("web1").rights == [])
        #expect(try fleet.server().host(named: "web1")?.revoked == nil)
    }

    @Test("Two hosts whose rows change names have each other's rights")
    func exchanged() async throws {
        let fleet = try await fleet(), server = fleet.server()
        _ = try server.makeHost(
            named: "bastion", realm: TestFleet.realm, rights: ["enroll"], by: TestFleet.admin)
        for change in [("bastion", "x"), ("web1", "bastion"), ("x", "web1")] {
            try fleet.cluster.primary.run(
                "UPDATE swiftotp.hosts SET name = '\(change.1)' WHERE name = '\(change.0)'",
                in: fleet.database)
        }
        for name in ["web1", "bastion"] {
            #expect(throws: StoreError(.damaged, [], "")) { try fleet.server().host(named: name) }
        }
    }

    @Test("An invite that no server made lets a host join, or one that was changed does")
    func forgedInvites() async throws {
        let fleet = try await fleet(), admin = TestFleet.admin
        let columns = "(hash, host, realm, rights, ends, key_id, mac)"
        try asRole(
            fleet,
            "INSERT INTO swiftotp.invites \(columns) SELECT '\\x01', 'evil', 'staff', 'import',"
                + " \(admin.time + 600), key_id, '\\x00' FROM swiftotp.fleet")
        let hash = [UInt8](random: 32)
        try fleet.server().makeInvite(
            Invite(host: "db1", realm: "staff", rights: [], ends: admin.time + 600), hash: hash,
            by: admin)
        // The proof of one does not prove another.
        try asRole(
            fleet,
            "INSERT INTO swiftotp.invites \(columns) SELECT '\\x02', host, realm, rights, ends,"
                + " key_id, mac FROM swiftotp.invites WHERE host = 'db1'")
        for change in [
            "", "rights = 'admin'", "host = 'web1'", "ends = ends + 600", "site = true",
        ] {
            if !change.isEmpty {
                try fleet.cluster.primary.run(
                    "UPDATE swiftotp.invites SET \(change) WHERE host = 'db1' AND hash <> '\\x02'",
                    in: fleet.database)
            }
            for hash in change.isEmpty ? [[1], [2]] : [hash] {
                #expect(throws: StoreError(.damaged, [], ""), "\(change)") {
                    try fleet.server().useInvite(hash: hash, by: admin)
                }
            }
            try fleet.cluster.primary.run(
                "UPDATE swiftotp.invites SET rights = '', host = 'db1', ends = \(admin.time + 600),"
                    + " site = false WHERE host IN ('db1', 'web1') AND hash <> '\\x02'",
                in: fleet.database)
        }
        #expect(try fleet.server().useInvite(hash: hash, by: admin)?.host == "db1")
    }

    @Test("Whoever writes the database gives a role, or another user's")
    func forgedRoles() async throws {
        let fleet = try await fleet(), server = fleet.server(), admin = TestFleet.admin
        try fleet.enroll("alice", with: server)
        try fleet.enroll("mallory", with: server)
        let (alice, mallory) = (
            UserName(realm: TestFleet.realm, name: "alice"),
            UserName(realm: TestFleet.realm, name: "mallory")
        )
        #expect(try server.setRole("admin", of: alice, by: admin))
        try asRole(
            fleet,
            "INSERT INTO swiftotp.roles SELECT u.id, r.role, r.key_id, r.mac FROM swiftotp.users u,"
                + " swiftotp.roles r WHERE u.name = 'mallory'")
        #expect(throws: StoreError(.damaged, [], "")) { try server.role(of: mallory) }
        #expect(try server.setRole(nil, of: mallory, by: admin))
        try asRole(
            fleet,
            "UPDATE swiftotp.roles SET role = 'admin' WHERE role = ''")
        #expect(throws: StoreError(.damaged, [], "")) { try server.role(of: mallory) }
        #expect(try server.role(of: alice) == "admin")
    }

    @Test("A new master key loses a host, a role or an invite, or takes over what was changed")
    func newKey() async throws {
        let fleet = try await fleet(), server = fleet.server(), admin = TestFleet.admin
        try fleet.enroll("alice", with: server)
        let alice = UserName(realm: TestFleet.realm, name: "alice")
        let hash = [UInt8](random: 32)
        _ = try fleet.makeHost("web2")
        #expect(try server.setRole("admin", of: alice, by: admin))
        try server.makeInvite(
            Invite(host: "db1", realm: "staff", rights: ["enroll"], ends: admin.time + 600),
            hash: hash, by: admin)
        let end = ContinuousClock.now + .seconds(60)
        let new = TestFleet.makeKeys().current
        #expect(
            try Schema.switchKey(
                on: fleet.cluster.primary.connect(to: fleet.database), to: new,
                from: fleet.keys.current.id, by: admin, server: "otp1", until: end))
        let both = fleet.server {
            $0.keys = MasterKeys(current: new, earlier: [fleet.keys.current])
        }
        try asRole(fleet, "UPDATE swiftotp.hosts SET rights = 'import' WHERE name = 'web2'")
        let first = try both.reproveRows(at: admin.time)
        #expect(first.proven == 3 && first.changed == ["web2"])
        #expect(try both.revoke(host: "web2", by: admin))
        let second = try both.reproveRows(at: admin.time)
        #expect(second.proven == 0 && second.changed.isEmpty)
        let alone = fleet.server { $0.keys = MasterKeys(current: new) }
        #expect(try alone.host(named: "web1")?.realm == TestFleet.realm)
        #expect(try alone.role(of: alice) == "admin")
        #expect(try alone.useInvite(hash: hash, by: admin)?.host == "db1")
    }
}
