import Foundation
import OTPCore
import Testing

@testable import FleetStore

@Suite("The connection to PostgreSQL")
struct PostgresTests {
    private var soon: ContinuousClock.Instant { ContinuousClock.now + .seconds(60) }

    private func connect(to database: String = "postgres") async throws -> PostgresConnection {
        try await Cluster.shared().primary.connect(to: database)
    }

    @Test("A value comes back as another", arguments: ["", "named"])
    func values(name: String) async throws {
        let connection = try await connect(), id = RowID.random()
        let bytes = (0...255).map { UInt8($0) }
        let statement = PostgresStatement(
            name, "SELECT $1, $2, $3, $4, $5, $6, $7, $8, ''::text, ''::bytea")
        for number in [Int64.min, -1, 0, 1, .max] {
            let rows = try connection.run(
                statement,
                [
                    .int(number), .bytes(bytes), .bytes([]), .id(id), .bool(true),
                    .text("Zoë 'x'; --"), .noInt, .noID,
                ], until: soon
            ).rows()
            #expect(rows.int(0, 0) == number && rows.bytes(0, 1) == bytes)
            #expect(rows.bytes(0, 2) == [] && rows.id(0, 3) == id && rows.bool(0, 4) == true)
            #expect(rows.text(0, 5) == "Zoë 'x'; --" && rows.int(0, 6) == nil)
            #expect(rows.id(0, 7) == nil && rows.text(0, 8) == "" && rows.bytes(0, 9) == [])
            #expect(rows.int(0, 10) == nil && rows.int(1, 0) == nil && rows.int(-1, -1) == nil)
            #expect(rows.int(0, 1) == nil && rows.bool(0, 0) == nil && rows.id(0, 5) == nil)
        }
    }

    @Test("A statement is waited for after its time, or the connection goes on after that")
    func deadline() async throws {
        let connection = try await connect(), began = ContinuousClock.now
        let answer = connection.run(
            PostgresStatement("SELECT pg_sleep(50)"), until: began + .milliseconds(300))
        guard case .unknown = answer else { throw Trouble("\(answer)") }
        #expect(ContinuousClock.now - began < .seconds(20) && !connection.isUsable)
        guard case .failed = connection.run(PostgresStatement("SELECT 1"), until: soon) else {
            throw Trouble("it goes on")
        }
    }

    /// Statements after which nobody may count on anything.
    static let unclean = [
        "DO $$ BEGIN RAISE WARNING 'x'; END $$", "DO $$ BEGIN RAISE NOTICE 'x'; END $$",
        "BEGIN", "SELECT pg_terminate_backend(pg_backend_pid())",
    ]

    @Test("What is not exactly a clean answer is one", arguments: unclean)
    func unclean(statement: String) async throws {
        let connection = try await connect()
        guard case .unknown = connection.run(PostgresStatement(statement), until: soon) else {
            throw Trouble("clean: \(statement)")
        }
    }

    @Test("An error is not told from an answer that nobody knows")
    func errors() async throws {
        let connection = try await connect()
        for (statement, state) in [
            ("SELECT 1/0", "22012"), ("NONSENSE", "42601"), ("SELECT $1", "08P01"),
        ] {
            let answer = connection.run(PostgresStatement(statement), until: soon)
            guard case .failed(let failure) = answer else { throw Trouble("\(answer)") }
            #expect(failure.state == state)
        }
        #expect(connection.isUsable)
        #expect(try connection.run(PostgresStatement("SELECT true"), until: soon).rows().count == 1)
    }

    @Test("An idle connection that was lost takes a statement")
    func idle() async throws {
        let connection = try await connect(), other = try await connect()
        let pid = try connection.run(
            PostgresStatement("SELECT pg_backend_pid()::bigint"), until: soon
        ).rows().int(0, 0)
        _ = other.run(
            PostgresStatement("SELECT pg_terminate_backend($1::bigint::int)"),
            [.int(pid ?? 0)], until: soon)
        try await eventually("the connection lives on") {
            if case .failed(let failure) = connection.run(
                PostgresStatement("SELECT 1"), until: soon)
            {
                return failure.state.isEmpty
            }
            return !connection.isUsable
        }
    }

    @Test("A default of the role or the database weakens a session")
    func defaults() async throws {
        let cluster = try await Cluster.shared(), database = try cluster.makeDatabase()
        for setting in [
            "synchronous_commit TO local", "client_min_messages TO error",
            "statement_timeout TO 0", "default_transaction_read_only TO on",
            "default_transaction_isolation TO 'serializable'", "search_path TO public",
        ] {
            try cluster.primary.run("ALTER DATABASE \(database) SET \(setting)")
        }
        let connection = try await connect(to: database)
        let names = [
            "synchronous_commit", "client_min_messages", "statement_timeout",
            "default_transaction_read_only", "default_transaction_isolation", "search_path",
            "client_encoding", "application_name",
        ]
        let list = names.map { "current_setting('\($0)')" }.joined(separator: ", ")
        let rows = try connection.run(PostgresStatement("SELECT \(list)"), until: soon).rows()
        #expect(
            names.indices.map { rows.text(0, $0) } == [
                "on", "notice", "1min", "off", "read committed", "pg_catalog", "UTF8", "test",
            ])
    }

    @Test("A standby, or a server that does not answer, is taken for the primary")
    func hosts() async throws {
        let cluster = try await Cluster.shared()
        let nobody = try Port.free()
        let ports = "\(nobody),\(cluster.standby.port),\(cluster.primary.port)"
        let address =
            "postgresql://postgres@127.0.0.1:\(ports.split(separator: ",")[0])"
            + ",127.0.0.1:\(cluster.standby.port),127.0.0.1:\(cluster.primary.port)/postgres"
        let connection = try PostgresConnection.connect(
            to: address, as: "it's \\ a test", connectTime: .seconds(10), until: soon)
        let rows = try connection.run(
            PostgresStatement(
                "SELECT current_setting('port'), current_setting('application_name')"),
            until: soon
        ).rows()
        #expect(rows.text(0, 0) == "\(cluster.primary.port)")
        #expect(rows.text(0, 1) == "it's \\ a test")
        let error = #expect(throws: StoreError.self) {
            try PostgresConnection.connect(
                to: cluster.standby.address(of: "postgres"), as: "test", until: soon)
        }
        #expect(error?.detail.contains("is a standby") == true)
        #expect(throws: StoreError(.configuration, [], "")) {
            try PostgresAddress.all(in: "host=a nonsense")
        }
    }

    @Test("Something can cancel a statement, which would end the wait for a standby")
    func noCancel() throws {
        let tests = URL(fileURLWithPath: try #require(CommandLine.arguments.first))
        let server = tests.deletingLastPathComponent().appendingPathComponent("swiftotp-server")
        for program in [tests.path, server.path] {
            let symbols = try Tool.run(["nm", "-D", "--undefined-only", program])
            #expect(symbols.contains("PQsendQueryPrepared"), "nothing of libpq is in \(program)")
            let found = symbols.split(separator: "\n").filter {
                $0.contains(" PQ") && $0.lowercased().contains("cancel")
            }
            #expect(found.isEmpty)
        }
    }
}
