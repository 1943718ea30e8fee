import Foundation
import OTPCore
import Testing

@testable import FleetStore

@Suite("A failover loses no yes, and gives none twice", .serialized)
struct FailoverTests {
    @Test("The primary dies, the standby takes over, and a code is good again or a yes is lost")
    func death() async throws {
        let cluster = try await Cluster.start()
        let fleet = try await TestFleet(on: cluster)
        let now = TestFleet.now, code = TestFleet.code(at: now)
        let names = (0..<200).map { "user\($0)" }
        let setup = fleet.server()
        for name in names { try fleet.enroll(name, at: now, with: setup) }
        // Two servers of four threads: everybody logs in at both while the primary dies.
        let servers = try [0, 1].map { _ in try ServerThreads(fleet.settings, count: 4) }
        defer { for server in servers { server.stop() } }
        let granted = Shared<[String: Int]>([:])
        let second = Shared<PostgresServer?>(nil)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                try await eventually("nobody logged in before the primary died") {
                    granted.value.count >= 40
                }
                try cluster.primary.end(SIGKILL)
                try cluster.standby.promote()
                let standby = try await admit(cluster)
                second.with { $0 = standby }
            }
            for (index, server) in servers.enumerated() {
                group.addTask {
                    for name in index == 0 ? names : names.reversed() {
                        if await login(fleet, name, code, at: now, on: server) {
                            granted.with { $0[name, default: 0] += 1 }
                        }
                    }
                }
            }
            try await group.waitForAll()
        }
        let found = granted.value
        #expect(found.count == names.count, "\(names.filter { found[$0] == nil }) never got in")
        #expect(found.values.allSatisfy { $0 == 1 }, "\(found.filter { $0.value > 1 })")
        // The new primary has every yes.
        var query = AuditQuery()
        query.limit = 100_000
        let rows = try fleet.server { $0.replication = .none }.audit(query)
        let logins = Dictionary(
            grouping: rows.filter { $0.kind == "login" && $0.granted }, by: \.user.name)
        for name in names { #expect(logins[name]?.count == 1, "\(name)") }
        try second.value?.end(SIGINT)
        try cluster.standby.end(SIGINT)
    }

    @Test("An old primary that still runs keeps everybody from the new one, or gives a yes")
    func twoPrimaries() async throws {
        let cluster = try await Cluster.start()
        let fleet = try await TestFleet(on: cluster)
        let now = TestFleet.now, code = TestFleet.code(at: now)
        let names = (0..<20).map { "user\($0)" }
        let setup = fleet.server()
        for name in names { try fleet.enroll(name, at: now, with: setup) }
        let server = try ServerThreads(fleet.settings, count: 4)
        defer { server.stop() }
        #expect(await login(fleet, names[0], code, at: now, on: server))
        // As after a failure that the old one has not noticed. It is the first in the address.
        try cluster.standby.promote()
        let second = try await admit(cluster)
        for name in names.dropFirst() {
            #expect(await login(fleet, name, code, at: now, on: server), "\(name)")
        }
        // Nobody waits for what the old one alone has.
        try cluster.primary.end(SIGKILL)
        let rows = try fleet.server { $0.replication = .none }.audit(AuditQuery())
        let logins = rows.filter { $0.kind == "login" && $0.granted }.map(\.user.name)
        #expect(logins.sorted() == names.sorted())
        try second.end(SIGINT)
        try cluster.standby.end(SIGINT)
    }

    /// Tries a code as an agent does: the same request until it hears yes or no.
    private func login(
        _ fleet: TestFleet, _ name: String, _ code: String, at now: UInt64,
        on server: ServerThreads
    ) async -> Bool {
        let act = fleet.act(name, at: now)
        let user = UserName(realm: TestFleet.realm, name: name)
        for _ in 0..<60 {
            do throws(StoreError) {
                let performed = try await server.run(
                    for: user, until: ContinuousClock.now + .seconds(3)
                ) { (database) throws(StoreError) in
                    try database.perform(act, TestFleet.judge(code))
                }
                guard case .done(let done) = performed else { return false }
                return done.reply.starts(with: "yes".utf8)
            } catch {
                try? await Task.sleep(for: .milliseconds(200))
            }
        }
        return false
    }

    /// Gives the new primary a standby: until then nobody is let in.
    private func admit(_ cluster: Cluster) async throws -> PostgresServer {
        try cluster.standby.run(
            "SET synchronous_commit TO local",
            "ALTER SYSTEM SET synchronous_standby_names = 'standby'", "SELECT pg_reload_conf()")
        let second = try PostgresServer(following: cluster.standby)
        try await second.start()
        return second
    }
}
