import OTPCore
import Testing

@testable import FleetStore

@Suite("Failures of strangers are counted for each host")
struct StrangerTests {
    private func fleet() async throws -> TestFleet { try await TestFleet(on: Cluster.shared()) }

    /// A wrong code that was not tried before, `seconds` after `now`.
    private func fail(
        _ fleet: TestFleet, _ server: Database, from host: HostRow, at time: UInt64, _ number: Int
    ) throws -> String {
        let code = String("00000\(number)".suffix(6))
        return try fleet.login("alice", code, on: server, at: time, from: host)
    }

    @Test("A broken host makes a user wait at another one, or not at its own")
    func waits() async throws {
        let fleet = try await fleet(), server = fleet.server(), now = TestFleet.now
        try fleet.enroll("alice", at: now, with: server)
        let broken = try fleet.makeHost("broken")
        for number in 0..<5 {
            _ = try fail(fleet, server, from: broken, at: now, number)
        }
        #expect(try fail(fleet, server, from: broken, at: now, 6) == "no throttled")
        #expect(
            try fleet.login("alice", TestFleet.code(at: now), on: server, at: now) == "yes code")
    }

    @Test("A hundred failures at several hosts close nothing, or an unlock leaves some")
    func closing() async throws {
        let fleet = try await fleet(), server = fleet.server()
        var now = TestFleet.now
        try fleet.enroll("alice", at: now, with: server)
        let hosts = try (0..<25).map { try fleet.makeHost("host\($0)") }
        for number in 0..<100 {
            let heard = try fail(
                fleet, server, from: hosts[number % 25], at: now, 1000 + number)
            #expect(heard.hasPrefix("no ") && heard != "no closed", "\(number): \(heard)")
        }
        #expect(try fail(fleet, server, from: fleet.host, at: now, 1) == "no closed")
        let user = try #require(try server.users(in: TestFleet.realm).first)
        #expect(user.isClosed && user.failures == 100, "\(user)")

        _ = try server.perform(fleet.act("alice", at: now)) { (records) throws(StoreError) in
            _ = try records.edit(records.act.user, makesRecord: false) {
                (record) throws(StoreError) -> Edited<Void> in
                record.throttle.unlock()
                return .kept(())
            }
            return ActAnswer(reply: [], audit: AuditEntry(kind: "unlock", granted: true))
        }
        let rows = try fleet.cluster.primary.run(
            "SELECT sum(failures)::bigint FROM swiftotp.strangers", in: fleet.database)
        #expect(rows.int(0, 0) == 0)
        now += 60
        #expect(
            try fleet.login("alice", TestFleet.code(at: now), on: server, at: now) == "yes code")
    }

    @Test("A name without a record waits at every host, and one with a record does not")
    func decoys() async throws {
        let fleet = try await fleet(), server = fleet.server(), now = TestFleet.now
        let broken = try fleet.makeHost("broken")
        for number in 0..<5 {
            _ = try fail(fleet, server, from: broken, at: now, number)
        }
        #expect(try fail(fleet, server, from: broken, at: now, 6) == "no throttled")
        #expect(try fail(fleet, server, from: fleet.host, at: now, 7) == "no wrong")
    }

    @Test("A host goes on guessing when its failures are used up, or another one pays for them")
    func budget() async throws {
        let fleet = try await fleet(), servers = [fleet.server(), fleet.server()]
        let now = TestFleet.now, broken = try fleet.makeHost("broken")
        var refused = 0
        for number in 0..<320 {
            let heard = try fleet.login(
                "nobody\(number)", "123456", on: servers[number % 2], at: now, from: broken)
            if heard == "refused overBudget" { refused += 1 }
        }
        #expect(refused == 20)
        #expect(try fleet.login("nobody", "123456", on: servers[0], at: now) == "no wrong")
        // It stays so, although failures come back.
        let later = now + 3600
        #expect(
            try fleet.login("nobody", "123456", on: servers[0], at: later, from: broken)
                == "refused overBudget")
        #expect(try servers[1].release(host: "broken", by: TestFleet.admin))
        #expect(
            try fleet.login("nobody", "123456", on: servers[0], at: later, from: broken)
                == "no wrong")
    }

    @Test("Failures come back too slowly, or more than there were")
    func refill() async throws {
        let fleet = try await fleet(), server = fleet.server()
        let now = TestFleet.now, host = try fleet.makeHost("broken")
        for number in 0..<200 {
            _ = try fleet.login(
                "nobody\(number)", "123456", on: server, at: now, from: host)
        }
        func budget() throws -> Int64? {
            try server.hosts().first { $0.name == "broken" }?.budget
        }
        #expect(try budget() == 100)
        _ = try fleet.login("nobody", "123456", on: server, at: now + 60, from: host)
        #expect(try budget() == 109)
        _ = try fleet.login("nobody", "1234567", on: server, at: now + 86_400, from: host)
        #expect(try budget() == 299)
    }
}
