import OTPCore
import Testing

@testable import FleetStore

@Suite("A database that is older than a yes judges nothing until an admin says so")
struct RestoredTests {
    private func fleet() async throws -> TestFleet { try await TestFleet(on: Cluster.shared()) }

    private func restore(_ fleet: TestFleet, _ database: String, to floor: UInt64) throws {
        try Schema.restored(
            on: fleet.cluster.primary.connect(to: database), floor: floor, by: TestFleet.admin,
            server: "otp1", until: ContinuousClock.now + .seconds(60))
    }

    /// Goes back to a copy of the database, as a restore does; returns the copy's name.
    private func copy(_ fleet: TestFleet) throws -> String {
        let copy = fleet.database + "copy"
        try fleet.cluster.primary.run("CREATE DATABASE \(copy) TEMPLATE \(fleet.database)")
        return copy
    }

    /// Waits until nobody is connected, so that the database can be copied.
    private func settle(_ fleet: TestFleet) async throws {
        try await eventually("somebody stays connected") {
            try fleet.cluster.primary.run(
                "SELECT 1 FROM pg_stat_activity WHERE datname = '\(fleet.database)'"
            ).count == 0
        }
    }

    private func receipt(_ performed: Performed) throws -> Receipt {
        guard case .done(let done) = performed, let receipt = done.receipt else {
            throw Trouble("\(performed)")
        }
        return receipt
    }

    @Test("A restored database judges, or never again")
    func receipts() async throws {
        let fleet = try await fleet(), now = TestFleet.now
        try fleet.enroll("alice", at: now - 300)
        try fleet.enroll("bob", at: now - 300)
        try await settle(fleet)
        let old = try copy(fleet)
        let settings = TestFleet.settings(fleet.cluster, old, fleet.keys)
        // A yes that the copy does not have.
        let code = TestFleet.code(at: now)
        let receipt = try receipt(
            fleet.server().perform(fleet.act("alice", at: now), TestFleet.judge(code)))
        // A server that has just started hears of it from a host, and refuses everybody.
        let server = Database(settings, state: FleetState())
        var act = fleet.act("bob", at: now)
        act.receipt = try receiptRead(receipt.text, fleet)
        #expect(throws: StoreError(.unproven, [], "")) {
            try server.perform(act, TestFleet.judge(code))
        }
        #expect(fleet.outcome("alice", code, on: server, at: now).contains("restored"))
        // The row after it has the same number, and is not it.
        let other = Database(settings, state: FleetState())
        _ = try fleet.login("carol", "123456", on: other, at: now)
        #expect(fleet.outcome("alice", code, on: server, at: now).contains("restored"))

        try restore(fleet, old, to: now)
        #expect(try fleet.login("alice", code, on: server, at: now) == "no replayed")
        let later = now + 90
        #expect(
            try fleet.login("alice", TestFleet.code(at: later), on: server, at: later)
                == "yes code")
        #expect(throws: StoreError(.exists, [], "")) { try restore(fleet, old, to: now) }
    }

    @Test("A server that connects anew does not listen, and judges by a restored database")
    func listening() async throws {
        let fleet = try await fleet(), now = TestFleet.now
        try fleet.enroll("alice", at: now - 300)
        try await settle(fleet)
        let old = try copy(fleet)
        let receipt = try receipt(
            fleet.server().perform(fleet.act("alice", at: now), TestFleet.judge("123456")))
        var settings = TestFleet.settings(fleet.cluster, old, fleet.keys)
        settings.listening = .seconds(5)
        let server = try ServerThreads(settings, count: 1)
        defer { server.stop() }
        #expect(!server.state.hear("00", from: "web1"))
        try await eventually("it never knows its fleet") {
            server.state.hear(receipt.text, from: "web1")
        }
        let before = server.state.counts.values.receipts[.foreign, default: 0]
        #expect(!server.state.hear("00", from: "web1"))
        #expect(server.state.counts.values.receipts[.foreign] == before + 1)
        let act = fleet.act("alice", at: now)
        await #expect(throws: StoreError(.unproven, [], "")) {
            try await server.run(
                for: UserName(realm: TestFleet.realm, name: "alice"),
                until: ContinuousClock.now + .seconds(60)
            ) { (database) throws(StoreError) in
                try database.perform(act, TestFleet.judge(TestFleet.code(at: now)))
            }
        }
        #expect(server.trouble?.code == .unproven)
        #expect(server.state.counts.values.receipts[.missing, default: 0] > 0)
    }

    private func receiptRead(_ text: String, _ fleet: TestFleet) throws -> Receipt? {
        let server = fleet.server()
        try server.ready()
        return try server.receipt(text)
    }

    @Test("A receipt is believed that this fleet did not make")
    func forged() async throws {
        let fleet = try await fleet(), other = try await self.fleet(), now = TestFleet.now
        let receipt = try receipt(
            fleet.server().perform(fleet.act("alice", at: now), TestFleet.judge("123456")))
        #expect(try receiptRead(receipt.text, fleet) == receipt)
        #expect(try receiptRead(receipt.text, other) == nil)
        for index in stride(from: 0, to: receipt.text.utf8.count, by: 7) {
            var text = Array(receipt.text.utf8)
            text[index] = text[index] == UInt8(ascii: "0") ? UInt8(ascii: "1") : UInt8(ascii: "0")
            #expect(try receiptRead(String(decoding: text, as: UTF8.self), fleet) == nil)
        }
        #expect(try receiptRead("", fleet) == nil)
        #expect(try receiptRead(receipt.text + "00", fleet) == nil)
    }

    @Test("A code from before a restore counts after it, or its user is not told")
    func floor() async throws {
        let fleet = try await fleet(), server = fleet.server(), now = TestFleet.now
        let codes = try fleet.enroll("alice", at: now - 300, with: server)
        try fleet.enroll("token", kind: .hotp, at: now - 300, with: server)
        try restore(fleet, fleet.database, to: now)
        let step = TOTP.step(at: now, period: 30)
        for step in (step - 1)...(step + 1) {
            let heard = try fleet.login(
                "alice", TestFleet.code(step: step), on: server, at: now + 1)
            // A second later it may be too old as well.
            #expect(["no replayed", "no outside-window"].contains(heard), "\(heard)")
        }
        #expect(
            try fleet.login("alice", codes.backup[0], on: server, at: now + 1)
                == "no used-backup-code")
        #expect(try fleet.login("alice", codes.temporary, on: server, at: now + 1) == "no expired")
        #expect(
            try fleet.login("token", TestFleet.code(step: 0), on: server, at: now + 1)
                == "no wrong")
        let user = try #require(try server.users(in: TestFleet.realm).first)
        #expect(user.isEnrolled && user.backupCodesLeft == 0)

        let later = now + 90
        let told = try server.perform(fleet.act("alice", at: later)) {
            (records) throws(StoreError) in
            let session = try records.openForReading(records.act.user)
            let happened = session?.withRecord { $0.happened } ?? []
            let restored = happened.first { $0.kind == .restored }
            return ActAnswer(reply: restored?.detail ?? [], audit: nil)
        }
        guard case .done(let done) = told else { throw Trouble("\(told)") }
        #expect(done.reply == Array("codes, temporary code".utf8))
        #expect(
            try fleet.login("alice", TestFleet.code(at: later), on: server, at: later)
                == "yes code")
    }

    @Test("Backup codes that were made by a clock that was ahead count after a restore")
    func ahead() async throws {
        let fleet = try await fleet(), server = fleet.server(), now = TestFleet.now
        let codes = try fleet.enroll("alice", at: now + 600, with: server)
        try restore(fleet, fleet.database, to: now)
        #expect(
            try fleet.login("alice", codes.backup[0], on: server, at: now + 700)
                == "no used-backup-code")
    }

    @Test("A token that counts is refused for ever after a restore")
    func resync() async throws {
        let fleet = try await fleet(), server = fleet.server(), now = TestFleet.now
        try fleet.enroll("token", kind: .hotp, at: now - 300, with: server)
        try restore(fleet, fleet.database, to: now)
        let (first, second) = (
            Array(TestFleet.code(step: 7).utf8), Array(TestFleet.code(step: 8).utf8)
        )
        let performed = try server.perform(fleet.act("token", at: now)) {
            (records) throws(StoreError) in
            guard let session = try records.open(records.act.user),
                let resync = Resync(Answer(first.span), Answer(second.span), of: nil)
            else { throw StoreError(.system, [], "nothing to find") }
            let attempt = Attempt(
                verifier: Verifier(window: 1), origin: [], source: .command,
                successKind: .resynchronized)
            let outcome = try attempt.run(resync, on: session, at: now)
            return ActAnswer(
                reply: Array(outcome.reason.utf8),
                audit: AuditEntry(kind: "resync", granted: true))
        }
        guard case .done(let done) = performed else { throw Trouble("\(performed)") }
        #expect(done.reply == Array("code".utf8))
        #expect(try fleet.login("token", TestFleet.code(step: 9), on: server) == "yes code")
    }

    @Test("After a restart of the database, a server keeps receipts for the one before for ever")
    func places() throws {
        let fleet = RowID.random()
        let sealing = RecordSealing(fleet: fleet, keys: TestFleet.makeKeys())
        let state = FleetState(capacity: 64)
        func receipt(_ number: Int64) -> Receipt {
            Receipt(floor: 0, sequence: number, mark: number, sealing: sealing)
        }
        _ = (state.unconfirmed(at: "before"), state.unconfirmed(at: "now"))
        for number in 0..<100 as Range<Int64> { state.confirm([receipt(number)], at: "now") }
        #expect(state.waiting <= 64, "\(state.waiting)")
        // Whoever comes back to it asks for what is still known.
        let again = state.unconfirmed(at: "before")
        #expect(again.contains(receipt(99)) && again.count >= 32)
        #expect(state.unconfirmed(at: "now").isEmpty)
    }
}
