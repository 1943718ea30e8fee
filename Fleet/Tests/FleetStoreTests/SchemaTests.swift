import OTPCore
import Testing

@testable import FleetStore

@Suite("The tables of a fleet, and what a server may do to them")
struct SchemaTests {
    private func fleet() async throws -> TestFleet { try await TestFleet(on: Cluster.shared()) }

    private var soon: ContinuousClock.Instant { ContinuousClock.now + .seconds(60) }

    /// What the server's role hears.
    private func asServer(_ fleet: TestFleet, _ statement: String) throws -> PostgresAnswer {
        let connection = try PostgresConnection.connect(
            to: fleet.settings.address, as: "test", connectTime: .seconds(10), until: soon)
        return connection.run(PostgresStatement(statement), until: soon)
    }

    @Test(
        "The server's role may do what it need not",
        arguments: [
            "DELETE FROM swiftotp.users", "DELETE FROM swiftotp.audit", "TRUNCATE swiftotp.users",
            "TRUNCATE swiftotp.audit", "DELETE FROM swiftotp.strangers",
            "DELETE FROM swiftotp.hosts", "DELETE FROM swiftotp.invites",
            "DELETE FROM swiftotp.roles", "DELETE FROM swiftotp.fleet",
            "UPDATE swiftotp.audit SET granted = false", "UPDATE swiftotp.fleet SET floor = 0",
            "UPDATE swiftotp.users SET id = gen_random_uuid(), version = version + 1",
            "UPDATE swiftotp.users SET realm = 'x', version = version + 1",
            "INSERT INTO swiftotp.fleet (id, schema, floor, key_id, marker)"
                + " VALUES (gen_random_uuid(), 1, 0, '', '')",
            "ALTER TABLE swiftotp.users DISABLE TRIGGER guard",
            "ALTER TABLE swiftotp.users DISABLE TRIGGER guard_new", "DROP TABLE swiftotp.audit",
            "CREATE TABLE swiftotp.mine ()",
            "CREATE OR REPLACE FUNCTION swiftotp.guard() RETURNS trigger LANGUAGE plpgsql AS"
                + " 'BEGIN RETURN NEW; END'",
        ])
    func grants(statement: String) async throws {
        let fleet = try await fleet()
        guard case .failed(let failure) = try asServer(fleet, statement) else {
            throw Trouble("done: \(statement)")
        }
        #expect(failure.state == "42501", "\(failure)")
    }

    @Test(
        "An old row can be put back",
        arguments: [
            "UPDATE swiftotp.users SET version = version",
            "UPDATE swiftotp.users SET version = version - 1",
            "UPDATE swiftotp.users SET version = version + 2", "UPDATE swiftotp.users SET uid = 5",
            """
            INSERT INTO swiftotp.users SELECT gen_random_uuid(), realm, 'other', uid, 7, key_id,
                record, enrolled, authenticators, backup_left, failures, closed, last_login
            FROM swiftotp.users WHERE realm <> ''
            """,
        ])
    func guarded(statement: String) async throws {
        let fleet = try await fleet()
        try fleet.enroll("alice")
        guard case .failed(let failure) = try asServer(fleet, statement) else {
            throw Trouble("done: \(statement)")
        }
        #expect(failure.message.contains("version"), "\(failure)")
    }

    @Test("What hosts told of offline answers is looked for among all logins")
    func offlineIndex() async throws {
        let fleet = try await fleet(), server = fleet.server()
        for number in 0..<300 { _ = try fleet.login("nobody\(number)", "123456", on: server) }
        try fleet.cluster.primary.run("ANALYZE swiftotp.audit", in: fleet.database)
        for condition in ["host = 'web1'", "realm = 'staff' AND name = 'a' AND host = 'web1'"] {
            let rows = try fleet.cluster.primary.run(
                "EXPLAIN SELECT max(detail) FROM swiftotp.audit WHERE \(condition)"
                    + " AND kind = 'offline'", in: fleet.database)
            let plan = (0..<rows.count).compactMap { rows.text($0, 0) }.joined(separator: "\n")
            #expect(plan.contains("audit_offline"), "\(plan)")
        }
    }

    @Test("A second fleet is made over the first")
    func twice() async throws {
        let fleet = try await fleet()
        let connection = try fleet.cluster.primary.connect(to: fleet.database)
        #expect(throws: StoreError(.exists, [], "")) {
            try Schema.install(on: connection, keys: fleet.keys, until: soon)
        }
    }

    @Test("A server judges by tables of another release, or does not say what to do")
    func versions() async throws {
        let fleet = try await fleet()
        for (version, trouble) in [(99, DatabaseTrouble.newer), (0, .older)] {
            try fleet.cluster.primary.run(
                "UPDATE swiftotp.fleet SET schema = \(version)", in: fleet.database)
            let heard = fleet.outcome("alice", "000000", on: fleet.server())
            #expect(heard.contains(trouble.sentence), "\(heard)")
        }
    }

    @Test("An empty database is taken for a fleet without users")
    func empty() async throws {
        let fleet = try await fleet()
        let other = try fleet.cluster.makeDatabase()
        let settings = TestFleet.settings(fleet.cluster, other, fleet.keys)
        let heard = fleet.outcome("alice", "1", on: Database(settings, state: FleetState()))
        #expect(heard.contains(DatabaseTrouble.missing.sentence), "\(heard)")
    }

    @Test("A migration is lost, or goes back")
    func migration() async throws {
        let fleet = try await fleet()
        let connection = try fleet.cluster.primary.connect(to: fleet.database)
        #expect(try Schema.migrate(on: connection, until: soon) == Schema.version)
        var steps = Schema.steps + [["ALTER TABLE swiftotp.users ADD COLUMN later bigint"]]
        steps.append(["ALTER TABLE swiftotp.users ADD COLUMN latest bigint"])
        #expect(try Schema.migrate(on: connection, by: steps, until: soon) == Schema.version)
        let heard = fleet.outcome("alice", "000000", on: fleet.server())
        #expect(heard.contains(DatabaseTrouble.newer.sentence), "\(heard)")
        #expect(throws: StoreError(.configuration, [], "")) {
            try Schema.migrate(on: connection, until: soon)
        }
        let broken = steps + [["ALTER TABLE swiftotp.users ADD COLUMN more bigint", "NONSENSE"]]
        #expect(throws: StoreError.self) {
            try Schema.migrate(on: connection, by: broken, until: soon)
        }
        let rows = try connection.run(
            PostgresStatement(
                "SELECT count(*), (SELECT schema FROM swiftotp.fleet)"
                    + " FROM information_schema.columns WHERE column_name = 'more'"), until: soon
        ).rows()
        #expect(rows.int(0, 0) == 0 && rows.int(0, 1) == Schema.version + 2)
    }

    @Test("A migration ends the logins at servers of the last release, kept or new")
    func upgrade() async throws {
        let fleet = try await fleet()
        _ = try fleet.enroll("alice")
        let kept = fleet.server()
        func login(_ step: UInt64, _ server: Database) -> String {
            let time = TestFleet.now + 30 * step
            return fleet.outcome("alice", TestFleet.code(at: time), on: server, at: time)
        }
        #expect(login(0, kept).hasPrefix("yes"))
        let connection = try fleet.cluster.primary.connect(to: fleet.database)
        let steps = Schema.steps + [["ALTER TABLE swiftotp.users ADD COLUMN later bigint"]]
        _ = try Schema.migrate(on: connection, by: steps, until: soon)
        // As a server does each second.
        try kept.check()
        #expect(login(1, kept).hasPrefix("yes"))
        #expect(login(2, fleet.server()).hasPrefix("yes"))
    }
}
