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
        return try fleet.login("alice", code, on: server, at: time, from: host, source: "stranger")
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

    /// Does a step as the server does.
    private func step(
        _ fleet: TestFleet, _ server: Database, from host: HostRow, at time: UInt64,
        _ body: (RecordAccounts<SteadyClock, TestRandom, FleetRecords>, FleetRecords)
            throws(StoreError) -> Void
    ) throws {
        let act = fleet.act("alice", at: time, from: host)
        _ = try server.perform(act) { (records) throws(StoreError) in
            var options = Options()
            options.trust = .key
            let accounts = RecordAccounts(
                clock: SteadyClock(time: time), random: TestRandom(), options: options,
                send: { _ in false }, openStore: { () throws(StoreError) in records })
            try body(accounts, records)
            return ActAnswer(reply: [], audit: nil)
        }
    }

    private func place(_ source: String, at host: HostRow) -> LoginOrigin {
        LoginOrigin(
            at: host.name, service: Array("sshd".utf8), address: [],
            source: SourceID(Array(source.utf8).span, isKey: true))
    }

    @Test("By naming a trusted key, a host makes places known, guesses there, or closes others")
    func trustedKey() async throws {
        let fleet = try await fleet(), server = fleet.server(), now = TestFleet.now
        try fleet.enroll("alice", at: now, with: server)
        #expect(
            try fleet.login("alice", TestFleet.code(at: now), on: server, at: now) == "yes code")
        let key = [UInt8](repeating: 9, count: 32)
        let names = try [#require(Name("laptop".utf8)), #require(Name("phone".utf8))]
        try step(fleet, server, from: fleet.host, at: now) {
            (accounts, records) throws(StoreError) in
            let user = records.act.user
            let epoch = try records.openForReading(user)?.withRecord { $0.epoch } ?? 0
            let wish = TrustWish(
                fingerprint: key, name: names[0], authenticator: names[1], epoch: epoch)
            let name = try accounts.trust(wish, of: user, from: place("home", at: fleet.host))
            #expect(name == names[0])
        }
        let broken = try fleet.makeHost("broken")
        for number in 0..<10 {
            try step(fleet, server, from: broken, at: now) {
                (accounts, records) throws(StoreError) in
                let question = AccountQuestion(
                    key: key, isHeard: false, wantsRecord: true, enrolls: false)
                let look = try accounts.look(
                    records.act.user, question, from: place("key\(number)", at: broken))
                guard case .trusted = look else {
                    Issue.record("\(look)")
                    return
                }
            }
        }
        for number in 0..<5 { _ = try fail(fleet, server, from: broken, at: now, number) }
        let guess = try fleet.login(
            "alice", "999999", on: server, at: now, from: broken, source: "key1")
        #expect(guess == "no throttled")
        // The place that has logged in is still known: others' failures make it wait for nothing.
        for number in 0..<100 {
            _ = try fail(
                fleet, server, from: broken, at: now + UInt64(number) * 901, 2000 + number)
        }
        let late = now + 101 * 901
        #expect(
            try fleet.login("alice", TestFleet.code(at: late), on: server, at: late) == "yes code")
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
        // It ends by itself as failures come back, one in six seconds.
        func heard(_ number: Int, _ server: Int, at time: UInt64) throws -> String {
            try fleet.login(
                "somebody\(number)", "123456", on: servers[server], at: time, from: broken)
        }
        #expect(try heard(0, 0, at: now + 5) == "refused overBudget")
        #expect(try heard(0, 0, at: now + 6) == "no wrong")
        #expect(try heard(1, 1, at: now + 6) == "refused overBudget")
        let row = try #require(try servers[0].hosts().first { $0.name == "broken" })
        #expect(row.quarantined == now + 6 && row.failuresLeft(at: now + 6) == 0, "\(row)")
        #expect(try servers[1].release(host: "broken", by: TestFleet.admin))
        #expect(try heard(1, 0, at: TestFleet.now) == "no wrong")
    }

    @Test("Failures come back too slowly, or more than there were")
    func refill() async throws {
        let fleet = try await fleet(), server = fleet.server()
        let now = TestFleet.now, host = try fleet.makeHost("broken")
        for number in 0..<200 {
            _ = try fleet.login(
                "nobody\(number)", "123456", on: server, at: now, from: host)
        }
        func budget(at time: UInt64 = now) throws -> Int64? {
            try server.hosts().first { $0.name == "broken" }?.failuresLeft(at: time)
        }
        #expect(try budget() == 100)
        #expect(try budget(at: now + 60) == 110)
        _ = try fleet.login("nobody", "123456", on: server, at: now + 60, from: host)
        #expect(try budget(at: now + 60) == 109)
        _ = try fleet.login("nobody", "1234567", on: server, at: now + 86_400, from: host)
        #expect(try budget(at: now + 86_400) == 299)
    }
}

/// A clock that stands still.
private struct SteadyClock: Clock {
    let time: UInt64

    func now() throws(StoreError) -> UInt64 { time }
    func boot() -> BootTime? { nil }
}
