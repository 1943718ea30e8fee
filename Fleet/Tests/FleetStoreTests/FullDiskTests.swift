import Foundation
import OTPCore
import Testing

@testable import FleetStore

@Suite("A full disk at the primary", .serialized)
struct FullDiskTests {
    /// A pair whose primary has a small disk, and a fleet in it with a user.
    private struct Scene {
        let cluster: Cluster
        let fleet: TestFleet
        let first = TestFleet.now
        private(set) var yeses: [UInt64] = []

        init() async throws {
            cluster = try await Cluster.start(room: 400)
            fleet = try await TestFleet(on: cluster)
            try fleet.enroll("alice", at: first - 300)
        }

        private var filler: String { "\(cluster.primary.folder)/filler" }

        /// Leaves no room on the disk.
        func fill() throws {
            // It ends with "No space left on device", as it has to.
            _ = try? Tool.run([
                "dd", "if=/dev/zero", "of=\(filler)", "bs=64k", "conv=notrunc", "oflag=append",
            ])
        }

        func free() throws { try FileManager.default.removeItem(atPath: filler) }

        func time(_ number: Int) -> UInt64 { first + 30 * UInt64(number) }

        /// The phone's code then.
        func login(_ number: Int, on server: Database) -> String {
            let time = time(number)
            return fleet.outcome("alice", TestFleet.code(at: time), on: server, at: time)
        }

        /// Logs in with one code after the other until that fails; how, and with which.
        mutating func logIn(
            from start: Int, on server: Database
        ) throws -> (failed: Int, how: String) {
            for number in start..<start + 20_000 {
                let outcome = login(number, on: server)
                guard outcome == "yes code" else { return (number, outcome) }
                yeses.append(time(number))
            }
            throw Trouble("the disk does not get full")
        }

        /// Waits until the next code logs in. Each yes has its row of the audit then, and no code
        /// of one counts again.
        mutating func expectBack(from next: Int, on server: Database) async throws {
            try await eventually("logins never work again") {
                login(next, on: server) == "yes code"
            }
            yeses.append(time(next))
            let rows = try cluster.primary.run(
                "SELECT time FROM (SELECT unnest(ARRAY\(yeses)::bigint[]) AS time) AS yes"
                    + " WHERE NOT EXISTS (SELECT FROM swiftotp.audit"
                    + " WHERE name = 'alice' AND kind = 'login' AND granted AND at = time)",
                in: fleet.database)
            #expect(rows.count == 0, "a yes without a row")
            for yes in yeses.suffix(5) {
                let again = fleet.outcome(
                    "alice", TestFleet.code(at: yes), on: server, at: time(next))
                #expect(again.hasPrefix("no "), "\(again)")
            }
        }
    }

    @Test("A login counts that a full disk could not store, or the next ones never work again")
    func tables() async throws {
        var scene = try await Scene()
        let server = scene.fleet.server()
        try scene.fill()
        let (failed, how) = try scene.logIn(from: 0, on: server)
        #expect(how.hasPrefix("unknown: ") && how.contains("No space left on device"), "\(how)")
        #expect(how.contains(DatabaseTrouble.fullDisk.sentence), "\(how)")
        try scene.free()
        try await scene.expectBack(from: failed + 2, on: server)
        try scene.cluster.end()
    }

    @Test("A yes is lost when PostgreSQL ends because it has no room for its log")
    func log() async throws {
        var scene = try await Scene()
        let server = scene.fleet.server()
        try scene.fill()
        // Each goes on to another file of the log, until one cannot be made.
        try await eventually("PostgreSQL goes on without room for its log") {
            (try? scene.cluster.primary.run(
                "SELECT pg_switch_wal()", "CREATE TABLE IF NOT EXISTS t (i int)",
                "INSERT INTO t VALUES (1)")) == nil
        }
        let (failed, how) = try scene.logIn(from: 0, on: server)
        #expect(how.hasPrefix("unknown: "), "\(how)")
        try scene.free()
        try scene.cluster.primary.end(SIGINT)
        try await scene.cluster.primary.start()
        try await scene.expectBack(from: failed + 2, on: server)
        try scene.cluster.end()
    }
}
