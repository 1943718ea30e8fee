import OTPCore
import Testing

@testable import FleetStore

@Suite("Hosts, invites and roles")
struct HostTests {
    private func fleet() async throws -> TestFleet { try await TestFleet(on: Cluster.shared()) }

    @Test("A revoked host, or one that never joined, may still ask")
    func revoked() async throws {
        let fleet = try await fleet(), server = fleet.server(), other = fleet.server()
        #expect(try other.host(named: "web1") == fleet.host)
        #expect(try server.revoke(host: "web1", by: TestFleet.admin))
        // The other server still has the row in its memory, and looks again all the same.
        #expect(try other.host(named: "web1")?.revoked == nil)
        #expect(try fleet.login("alice", "123456", on: other) == "refused revoked")
        #expect(try server.host(named: "web1")?.revoked != nil)
        #expect(try !server.revoke(host: "web9", by: TestFleet.admin))
        #expect(try server.host(named: "web9") == nil)
        let again = try server.makeHost(
            named: "web1", realm: TestFleet.realm, rights: ["enroll", "admin"],
            by: TestFleet.admin)
        #expect(again.id == fleet.host.id && again.generation == 2 && again.revoked == nil)
        #expect(again.rights == ["admin", "enroll"])
        #expect(try fleet.login("alice", "123456", on: other) == "no wrong")
    }

    @Test("A host is not known to have a certificate of the site's, or its invite is not")
    func site() async throws {
        let fleet = try await fleet(), server = fleet.server(), admin = TestFleet.admin
        #expect(fleet.host.site == nil)
        let hash = [UInt8](random: 32)
        let invite = Invite(
            host: "web1", realm: TestFleet.realm, rights: [], ends: admin.time + 600, isSite: true)
        try server.makeInvite(invite, hash: hash, by: admin)
        #expect(try server.useInvite(hash: hash, by: admin) == invite)
        for start in [UInt64(7), nil] {
            let host = try server.makeHost(
                named: "web1", realm: TestFleet.realm, rights: [], site: start, by: admin)
            #expect(host.site == start)
            #expect(try fleet.server().host(named: "web1") == host)
        }
        let details = try server.audit(AuditQuery()).filter { $0.kind == "host-joined" }
            .map(\.detail)
        #expect(details == ["web1", "web1, by a certificate of the site's", "web1"])
    }

    @Test("A right that was taken is there after five seconds, or the audit has no row of it")
    func rights() async throws {
        let fleet = try await fleet(), server = fleet.server(), other = fleet.server()
        let admin = TestFleet.admin
        #expect(try server.setRights(["enroll", "import"], ofHost: "web1", by: admin))
        #expect(try other.host(named: "web1")?.rights == ["enroll", "import"])
        #expect(try server.setRights(["enroll"], ofHost: "web1", by: admin))
        #expect(try server.host(named: "web1")?.rights == ["enroll"])
        // The other server has the row in its memory for that long.
        let end = ContinuousClock.now + .seconds(6)
        while try other.host(named: "web1")?.rights != ["enroll"], ContinuousClock.now < end {
            try await Task.sleep(for: .milliseconds(200))
        }
        #expect(try other.host(named: "web1")?.rights == ["enroll"])
        #expect(try server.setRights([], ofHost: "web1", by: admin))
        #expect(try server.host(named: "web1")?.rights == [])
        #expect(try !server.setRights(["admin"], ofHost: "web9", by: admin))
        let rows = try server.audit(AuditQuery()).filter { $0.kind == "host-rights" }
        #expect(
            rows.map(\.detail) == ["web1: enroll,import", "web1: enroll", "web1: none"], "\(rows)")
    }

    @Test("A host's offline key outlives a new join, or is another's")
    func offline() async throws {
        let fleet = try await fleet(), server = fleet.server()
        let text = Array("alice 3".utf8)
        try server.ready()
        func mac(_ host: HostRow) throws -> [UInt8] {
            try #require(server.offlineKeys(of: host).first).mac(text.span, length: 32)
        }
        let second = try fleet.makeHost("web1"), other = try fleet.makeHost("web2")
        #expect(try Set([mac(fleet.host), mac(second), mac(other)]).count == 3)
        #expect(try mac(second) == mac(second))
    }

    @Test("An invite is good twice, after its end, or for nobody")
    func invites() async throws {
        let fleet = try await fleet(), server = fleet.server(), admin = TestFleet.admin
        let invite = Invite(
            host: "db1", realm: "staff", rights: ["enroll"], ends: admin.time + 600)
        let hash = [UInt8](random: 32), ended = [UInt8](random: 32)
        try server.makeInvite(invite, hash: hash, by: admin)
        #expect(throws: StoreError(.exists, [], "")) {
            try server.makeInvite(invite, hash: hash, by: admin)
        }
        try server.makeInvite(
            Invite(host: "db2", realm: "staff", rights: [], ends: admin.time), hash: ended,
            by: admin)
        #expect(try server.useInvite(hash: [UInt8](random: 32), by: admin) == nil)
        #expect(try server.useInvite(hash: ended, by: admin) == nil)
        let racers = Racers(count: 16, on: fleet)
        defer { racers.stop() }
        let heard = await racers.race { database in
            do { return try database.useInvite(hash: hash, by: admin)?.host ?? "none" } catch {
                return "\(error)"
            }
        }
        #expect(heard.sorted() == ["db1"] + [String](repeating: "none", count: 15))
    }

    @Test("A role is lost, stays when it was taken, or is another user's")
    func roles() async throws {
        let fleet = try await fleet(), server = fleet.server(), admin = TestFleet.admin
        try fleet.enroll("alice", with: server)
        let alice = UserName(realm: TestFleet.realm, name: "alice")
        #expect(try server.role(of: alice) == nil)
        #expect(try server.setRole("helpdesk", of: alice, by: admin))
        #expect(try server.role(of: alice) == "helpdesk")
        #expect(try server.role(of: UserName(realm: "other", name: "alice")) == nil)
        #expect(
            try !server.setRole(
                "admin", of: UserName(realm: "other", name: "alice"), by: admin))
        #expect(try server.setRole(nil, of: alice, by: admin))
        #expect(try server.role(of: alice) == nil)
        let kinds = try server.audit(AuditQuery()).map(\.kind)
        #expect(kinds == ["host-joined", "enroll", "role", "role"])
    }

    @Test("When a host asked last is not known")
    func seen() async throws {
        let fleet = try await fleet(), server = fleet.server(), now = TestFleet.now
        try server.see(fleet.host, at: now)
        #expect(try server.host(named: "web1")?.lastSeen == now)
        try server.see(fleet.host, at: now + 30)
        #expect(try server.host(named: "web1")?.lastSeen == now)
        try server.see(fleet.host, at: now + 61)
        #expect(try server.host(named: "web1")?.lastSeen == now + 61)
    }

    @Test("Users of one realm are another's")
    func realms() async throws {
        let fleet = try await fleet(), server = fleet.server(), now = TestFleet.now
        try fleet.enroll("alice", at: now, with: server)
        let lab = try fleet.makeHost("lab1", realm: "lab")
        #expect(
            try fleet.login("alice", TestFleet.code(at: now), on: server, at: now, from: lab)
                != "yes code")
        #expect(try server.users(in: "lab").isEmpty)
        #expect(try server.users(in: TestFleet.realm).map(\.name.name) == ["alice"])
    }

    @Test("More messages are sent within an hour than root allows, or one host takes all of them")
    func messages() async throws {
        let fleet = try await fleet(), server = fleet.server(), now = TestFleet.now
        let others = try [fleet.makeHost("web2"), fleet.makeHost("web3")]
        func send(at time: UInt64, from host: HostRow? = nil) throws -> Bool {
            var isCounted = false
            let act = fleet.act("alice", at: time, from: host)
            _ = try server.perform(act) { (records) throws(StoreError) in
                isCounted = try records.countMessage(at: time, most: 4)
                return ActAnswer(reply: [], audit: nil)
            }
            return isCounted
        }
        #expect(try [send(at: now), send(at: now), send(at: now)] == [true, true, false])
        #expect(
            try [send(at: now, from: others[0]), send(at: now, from: others[1])] == [true, true])
        #expect(try !send(at: now, from: others[0]))
        #expect(try send(at: now + 3600))
    }
}
