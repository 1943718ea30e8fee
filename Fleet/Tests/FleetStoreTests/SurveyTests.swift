import OTPCore
import Testing

@testable import FleetStore

@Suite("What a report about a fleet reads")
struct SurveyTests {
    private func fleet() async throws -> TestFleet { try await TestFleet(on: Cluster.shared()) }

    /// Adds rows that cannot be opened.
    private func add(_ count: Int, to realm: String, with server: Database) throws {
        try server.ready()
        let statement = PostgresStatement(
            """
            INSERT INTO swiftotp.users (id, realm, name, uid, version, key_id, record, enrolled,
                authenticators, backup_left, failures, closed, last_login)
            SELECT gen_random_uuid(), $1, 'n' || i, i, 1, '\\x00', '\\x00', false, 0, 0, 0, false, 0
            FROM generate_series(1, \(count)) i
            """)
        _ = try server.run(statement, [.text(realm)]).rows()
    }

    @Test("A user is left out or comes twice, a decoy comes, or a broken row hides the rest")
    func everybody() async throws {
        let fleet = try await fleet(), server = fleet.server()
        for name in ["alice", "bob", "zoe"] { try fleet.enroll(name, with: server) }
        try add(1200, to: TestFleet.realm, with: server)
        try fleet.cluster.primary.run(
            "SET session_replication_role TO replica",
            "UPDATE swiftotp.users SET uid = -1 WHERE name = 'n10'", in: fleet.database)
        let lab = try fleet.makeHost("lab1", realm: "lab")
        _ = try server.perform(fleet.act("alice", from: lab)) { (records) throws(StoreError) in
            try records.make(Record(), of: records.act.user)
            return ActAnswer(reply: [], audit: nil)
        }
        // Like any stranger's name: a decoy answers.
        _ = try fleet.login("nobody", "123456", on: server)
        #expect(try server.realms() == ["lab", TestFleet.realm])

        var (counts, names, broken) = ([String: Int](), Set<String>(), 0)
        for realm in ["lab", TestFleet.realm] {
            try server.survey(
                of: realm, at: TestFleet.now, { $0.backupCodesLeft },
                { user, found in
                    let name = "\(user.name.realm) \(user.name.name)"
                    names.insert(name)
                    switch found {
                    case .success(let left): counts[name] = left
                    case .failure: broken += 1
                    }
                })
        }
        let all = ["alice", "bob", "zoe"].map { "\(TestFleet.realm) \($0)" } + ["lab alice"]
        #expect(broken == 1200 && names.count == 1204)
        #expect(counts == [all[0]: 10, all[1]: 10, all[2]: 10, all[3]: 0])
    }

    @Test("Failures at a host are left out, or count for less than all hosts together")
    func strangers() async throws {
        let fleet = try await fleet(), server = fleet.server()
        try fleet.enroll("alice", with: server)
        let other = try fleet.makeHost("web2")
        for (host, count) in [(fleet.host, 60), (other, 40)] {
            _ = try server.run(
                PostgresStatement(
                    """
                    INSERT INTO swiftotp.strangers (user_id, host_id, failures, last)
                    SELECT id, $1, \(count), $2 FROM swiftotp.users WHERE name = 'alice'
                    """), [.id(host.id), .int(clamping: TestFleet.now)]
            ).rows()
        }
        var closed: [Bool?] = []
        try server.survey(
            of: TestFleet.realm, at: TestFleet.now, { $0.throttle.isClosedToStrangers },
            { _, found in closed.append(try? found.get()) })
        #expect(closed == [true])
    }

    @Test("Codes that a restore has ended are reported as good")
    func restored() async throws {
        let fleet = try await fleet(), server = fleet.server()
        try fleet.enroll("alice", at: TestFleet.now - 600, with: server)
        try Schema.restored(
            on: fleet.cluster.primary.connect(to: fleet.database), floor: TestFleet.now,
            by: TestFleet.admin, server: "otp1", until: ContinuousClock.now + .seconds(60))
        var left: [Int?] = []
        try server.survey(
            of: TestFleet.realm, at: TestFleet.now, { $0.backupCodesLeft },
            { _, found in left.append(try? found.get()) })
        #expect(left == [0])
    }

    @Test("An act of the last days is left out, or one from before comes")
    func acts() async throws {
        let fleet = try await fleet(), server = fleet.server(), now = TestFleet.now
        func note(_ kind: String, granted: Bool = true, _ time: UInt64) throws {
            _ = try server.note(
                AuditEntry(kind: kind, granted: granted), of: UserName(realm: "staff", name: "bob"),
                by: AdminAct(host: "web1", actor: "ann", time: time))
        }
        try note("reset", now - 10 * 86_400)
        try note("reset", now - 86_400)
        try note("login", now - 86_400)
        try note("reset", granted: false, now - 3600)
        try note("alarm", granted: false, now - 3600)
        // As after many logins.
        try fleet.cluster.primary.run(
            "SELECT setval(pg_get_serial_sequence('swiftotp.audit', 'seq'), 350000)",
            in: fleet.database)
        try note("unlocked", now)
        func found(_ most: Int = 100) throws -> [String] {
            try server.acts(
                granted: ["reset", "unlocked"], refused: ["alarm"], since: now - 7 * 86_400,
                most: most
            ).map(\.kind)
        }
        #expect(try found() == ["unlocked", "alarm", "reset"])
        #expect(try found(1) == ["unlocked"])
        #expect(try server.acts(granted: [], refused: [], since: 0, most: 100).isEmpty)
    }

    @Test("An invite that was used, has ended or was changed is open")
    func invites() async throws {
        let fleet = try await fleet(), server = fleet.server(), admin = TestFleet.admin
        func invite(_ host: String, ends: UInt64) throws -> [UInt8] {
            let hash = [UInt8](random: 32)
            try server.makeInvite(
                Invite(host: host, realm: "staff", rights: ["admin"], ends: ends), hash: hash,
                by: admin)
            return hash
        }
        _ = try invite("web2", ends: admin.time + 600)
        let used = try invite("web3", ends: admin.time + 600)
        _ = try invite("web4", ends: admin.time - 1)
        _ = try invite("web5", ends: admin.time + 600)
        #expect(try server.useInvite(hash: used, by: admin) != nil)
        try fleet.cluster.primary.run(
            "UPDATE swiftotp.invites SET rights = 'import' WHERE host = 'web5'", in: fleet.database)
        #expect(try server.openInvites(at: admin.time).map(\.host) == ["web2"])
    }
}
