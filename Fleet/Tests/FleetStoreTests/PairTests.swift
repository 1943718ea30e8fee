import Foundation
import Testing

@testable import FleetStore

@Suite("Two statements that are sent at once")
struct PairTests {
    private static let look = PostgresStatement("look", "SELECT count(*) FROM public.found")
    private var soon: ContinuousClock.Instant { ContinuousClock.now + .seconds(60) }

    /// A connection to a database with an empty table.
    private func connect() async throws -> PostgresConnection {
        let cluster = try await Cluster.shared(), database = try cluster.makeDatabase()
        let connection = try cluster.primary.connect(to: database)
        _ = try connection.run(
            PostgresStatement("CREATE TABLE public.found (number bigint)"), until: soon
        ).rows()
        return connection
    }

    @Test("The second does not see what the first has stored", arguments: ["", "insert"])
    func order(name: String) async throws {
        let connection = try await connect()
        let insert = PostgresStatement(
            name, "INSERT INTO public.found VALUES ($1) RETURNING number")
        for number in Int64(1)...3 {
            let (answer, look) = connection.run(
                insert, [.int(number)], then: Self.look, until: soon)
            #expect(try answer.rows().int(0, 0) == number)
            #expect(try look.rows().int(0, 0) == number)
        }
    }

    @Test("One that fails takes the other with it, or the connection")
    func errors() async throws {
        let connection = try await connect()
        for (text, state) in [
            ("INSERT INTO public.found VALUES (1/0)", "22012"), ("NONSENSE", "42601"),
            ("SELECT $1", "08P01"),
        ] {
            let (answer, look) = connection.run(
                PostgresStatement(text), [], then: Self.look, until: soon)
            guard case .failed(let failure) = answer else { throw Trouble("\(answer)") }
            #expect(failure.state == state)
            #expect(try look.rows().int(0, 0) == 0)
        }
        let (answer, look) = connection.run(
            PostgresStatement("INSERT INTO public.found VALUES (1)"), [],
            then: PostgresStatement("SELECT 1/0"), until: soon)
        _ = try answer.rows()
        guard case .failed = look else { throw Trouble("\(look)") }
        #expect(try connection.run(Self.look, until: soon).rows().int(0, 0) == 1)
    }

    @Test("What is not exactly a clean answer is one", arguments: PostgresTests.unclean)
    func unclean(text: String) async throws {
        let connection = try await connect()
        // The second place as well: a warning may come late.
        for isFirst in [true, false] {
            let (one, other) = (PostgresStatement(text), PostgresStatement("SELECT true"))
            let (answer, look) = connection.run(
                isFirst ? one : other, [], then: isFirst ? other : one, until: soon)
            guard case .unknown = answer else { throw Trouble("clean: \(text)") }
            if case .clean = look { throw Trouble("a clean look: \(text)") }
            if !connection.isUsable { break }
        }
    }

    @Test("An answer that came before its commit failed is a clean one")
    func commit() async throws {
        let connection = try await connect()
        _ = try connection.run(
            PostgresStatement(
                "ALTER TABLE public.found ADD UNIQUE (number) DEFERRABLE INITIALLY DEFERRED"),
            until: soon
        ).rows()
        let (answer, _) = connection.run(
            PostgresStatement("INSERT INTO public.found VALUES (1), (1) RETURNING number"), [],
            then: PostgresStatement("SELECT true"), until: soon)
        guard case .unknown = answer else { throw Trouble("\(answer)") }
        #expect(!connection.isUsable)
    }

    @Test("They are waited for after their time, or the connection goes on after that")
    func deadline() async throws {
        let connection = try await connect(), began = ContinuousClock.now
        let (answer, look) = connection.run(
            PostgresStatement("SELECT pg_sleep(50)"), [], then: PostgresStatement("SELECT true"),
            until: began + .milliseconds(300))
        guard case .unknown = answer else { throw Trouble("\(answer)") }
        if case .clean = look { throw Trouble("\(look)") }
        #expect(ContinuousClock.now - began < .seconds(20) && !connection.isUsable)
    }
}
