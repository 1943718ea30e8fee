import Foundation
import Synchronization

@testable import FleetStore

/// A primary and a synchronous standby.
final class Cluster: Sendable {
    let primary: PostgresServer
    let standby: PostgresServer

    private init(_ primary: PostgresServer, _ standby: PostgresServer) {
        self.primary = primary
        self.standby = standby
    }

    /// Starts a pair. Where nothing is broken, use `shared`.
    static func start(syncs: Bool = false, room: Int? = nil) async throws -> Cluster {
        let primary = try PostgresServer(syncs: syncs, room: room)
        try await primary.start()
        let standby = try PostgresServer(following: primary)
        try await standby.start()
        let cluster = Cluster(primary, standby)
        try await cluster.replicate("standby")
        return cluster
    }

    /// The pair that suites share; each has databases of its own.
    static func shared() async throws -> Cluster { try await running.value }
    private static let running = Task { try await Cluster.start() }

    /// Sets the list of standbys, and waits until it holds.
    func replicate(_ standbys: String) async throws {
        try primary.run(
            "SET synchronous_commit TO local",
            "ALTER SYSTEM SET synchronous_standby_names = '\(standbys)'",
            "SELECT pg_reload_conf()")
        try await eventually("the list of standbys is not \(standbys)") {
            let rows = try primary.run("SELECT current_setting('synchronous_standby_names')")
            guard rows.text(0, 0) == standbys else { return false }
            if standbys.isEmpty { return true }
            return try primary.run("SELECT 1 FROM pg_stat_replication WHERE sync_state = 'sync'")
                .count == 1
        }
    }

    /// Makes a database, and returns its name.
    func makeDatabase() throws -> String {
        let name = "fleet\(UInt64.random(in: 0 ... .max))"
        try primary.run("CREATE DATABASE \(name) TEMPLATE template0")
        return name
    }

    func end() throws {
        try standby.end(SIGINT)
        try primary.end(SIGINT)
    }
}

/// Waits until something holds; a busy machine has a minute.
func eventually(
    _ trouble: String, within limit: Duration = .seconds(60), _ body: () async throws -> Bool
) async throws {
    let end = ContinuousClock.now + limit
    while try await !body() {
        guard ContinuousClock.now < end else { throw Trouble(trouble) }
        try await Task.sleep(for: .milliseconds(20))
    }
}
