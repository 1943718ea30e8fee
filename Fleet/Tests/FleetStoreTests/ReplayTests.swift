import OTPCore
import Testing

@testable import FleetStore

@Suite("What logs say is burnt before a restored database is judged by, and nothing else")
struct ReplayTests {
    private func fleet() async throws -> TestFleet { try await TestFleet(on: Cluster.shared()) }

    private func restore(
        _ fleet: TestFleet, to floor: UInt64, replayed: String? = "a log"
    ) throws {
        try Schema.restored(
            on: fleet.cluster.primary.connect(to: fleet.database), floor: floor,
            replayed: replayed, by: TestFleet.admin, server: "otp1",
            until: ContinuousClock.now + .seconds(60))
    }

    /// These codes, of any set.
    private func used(_ indices: Int...) -> BackupCodeUse {
        var use = BackupCodeUse()
        for index in indices { use.note(used: index, ofSetBefore: .max) }
        return use
    }

    private var ended: BackupCodeUse {
        var use = BackupCodeUse()
        use.note(endOfSetBefore: .max)
        return use
    }

    @discardableResult
    private func replay(
        _ uses: [String: [String: BackupCodeUse]], on server: Database, at now: UInt64
    ) throws -> ReplayedBatch {
        var act = TestFleet.admin
        act.time = now
        let names = uses.map { (Array($0.key.utf8), $0.value) }
        return try server.replay(
            Dictionary(uniqueKeysWithValues: names), in: server.realms(), by: act)
    }

    /// What a user is told that a restore has ended, by the record's events.
    private func told(
        _ fleet: TestFleet, _ name: String, on server: Database, at now: UInt64
    ) throws -> [String] {
        let performed = try server.perform(fleet.act(name, at: now)) {
            (records) throws(StoreError) in
            let session = try records.openForReading(records.act.user)
            let happened = session?.withRecord { $0.happened } ?? []
            let details = happened.filter { $0.kind == .restored }.map(\.detail)
            return ActAnswer(reply: Array(details.joined(separator: [0x3b])), audit: nil)
        }
        guard case .done(let done) = performed else { throw Trouble("\(performed)") }
        return String(decoding: done.reply, as: UTF8.self)
            .split(separator: ";", omittingEmptySubsequences: false).map(String.init)
    }

    @Test("A code that was used counts again, one that was not has ended, or others count")
    func burnt() async throws {
        let fleet = try await fleet(), server = fleet.server(), now = TestFleet.now
        let codes = try fleet.enroll("alice", at: now - 300, with: server)
        let others = try fleet.enroll("bob", at: now - 300, with: server)
        let done = try replay(
            [
                "alice": ["": used(1), TestFleet.realm: used(3), "lab": used(5)],
                "nobody": ["": used(1)],
            ], on: server, at: now)
        #expect(done.users == 1 && done.codes == 2 && done.unknown == [Array("nobody".utf8)])
        try restore(fleet, to: now)

        for index in [1, 3] {
            let heard = try fleet.login("alice", codes.backup[index], on: server, at: now + 1)
            #expect(heard == "no used-backup-code")
        }
        #expect(try fleet.login("alice", codes.temporary, on: server, at: now + 1) == "no expired")
        #expect(
            try fleet.login("alice", TestFleet.code(at: now), on: server, at: now + 1)
                .hasPrefix("no "))
        #expect(
            try fleet.login("alice", codes.backup[5], on: server, at: now + 1)
                == "yes backup-code")
        #expect(
            try fleet.login("bob", others.backup[0], on: server, at: now + 1)
                == "yes backup-code")
        let users = try server.users(in: TestFleet.realm)
        #expect(users.map(\.backupCodesLeft) == [7, 9])
        // Nothing is said to have ended that has not.
        #expect(try told(fleet, "alice", on: server, at: now + 2) == ["temporary code"])

        let rows = try server.audit(AuditQuery()).filter { $0.kind == "replayed" }
        #expect(rows.map(\.user.name) == ["alice"] && rows.first?.detail == "backup codes: 2")
        let restored = try server.audit(AuditQuery()).filter { $0.kind == "restored" }
        #expect(restored.map(\.detail) == ["a log"])
    }

    @Test("Interrupted, a replay leaves a code good, or cannot be done again, or is told twice")
    func interrupted() async throws {
        let fleet = try await fleet(), server = fleet.server(), now = TestFleet.now
        let codes = try fleet.enroll("alice", at: now - 300, with: server)
        let others = try fleet.enroll("bob", at: now - 300, with: server)
        let uses = ["alice": ["": ended], "bob": ["": used(2)]]
        // Some of the users only, and the floor stays.
        try replay(["alice": ["": ended]], on: server, at: now - 20)
        // Whoever judges by it now, because no receipt is there, refuses what was burnt.
        #expect(
            try fleet.login("alice", codes.backup[0], on: server, at: now - 10)
                == "no used-backup-code")
        let again = try replay(uses, on: server, at: now)
        #expect(again.users == 1 && again.codes == 1)
        try restore(fleet, to: now)
        for (name, code) in [("alice", codes.backup[4]), ("bob", others.backup[2])] {
            let heard = try fleet.login(name, code, on: server, at: now + 1)
            #expect(heard == "no used-backup-code")
        }
        #expect(
            try fleet.login("bob", others.backup[3], on: server, at: now + 1) == "yes backup-code")
        #expect(try told(fleet, "alice", on: server, at: now + 2) == ["codes, temporary code"])
    }

    @Test("Codes come back that an earlier restore without logs should have ended")
    func floors() async throws {
        let fleet = try await fleet(), server = fleet.server(), now = TestFleet.now
        let codes = try fleet.enroll("alice", at: now - 300, with: server)
        let others = try fleet.enroll("bob", at: now - 300, with: server)
        try restore(fleet, to: now - 200, replayed: nil)
        // Only bob's record hears of it before the next one, and he gets new codes.
        #expect(
            try fleet.login("bob", others.backup[0], on: server, at: now - 150)
                == "no used-backup-code")
        let new = try renew(fleet, "bob", on: server, at: now - 100)
        try restore(fleet, to: now)
        #expect(
            try fleet.login("alice", codes.backup[0], on: server, at: now + 1)
                == "no used-backup-code")
        #expect(try fleet.login("bob", new[0], on: server, at: now + 1) == "yes backup-code")
        // The next one without logs ends them all.
        try restore(fleet, to: now + 10, replayed: nil)
        #expect(
            try fleet.login("bob", new[1], on: server, at: now + 11) == "no used-backup-code")
    }

    private func renew(
        _ fleet: TestFleet, _ name: String, on server: Database, at now: UInt64
    ) throws -> [String] {
        var codes: [String] = []
        _ = try server.perform(fleet.act(name, at: now)) { (records) throws(StoreError) in
            _ = try records.edit(records.act.user, makesRecord: false) {
                (record) throws(StoreError) -> Edited<Void> in
                codes = try record.renewBackupCodes(at: now, random: TestRandom())
                return .kept(())
            }
            return ActAnswer(reply: [1], audit: AuditEntry(kind: "codes", granted: true))
        }
        return codes
    }

    @Test("With a record that cannot be opened, a replay is called done")
    func unreadable() async throws {
        let fleet = try await fleet(), server = fleet.server(), now = TestFleet.now
        let codes = try fleet.enroll("alice", at: now - 300, with: server)
        try fleet.enroll("bob", at: now - 300, with: server)
        try fleet.cluster.primary.run(
            "SET session_replication_role TO replica",
            "UPDATE swiftotp.users SET record = '' WHERE name = 'bob'", in: fleet.database)
        #expect(throws: StoreError(.damaged, [], "")) {
            try replay(["alice": ["": used(0)], "bob": ["": used(0)]], on: server, at: now)
        }
        // Not even the others are changed.
        #expect(
            try fleet.login("alice", codes.backup[0], on: server, at: now) == "yes backup-code")
    }

    @Test("Many users at once are burnt in part, or a name that is no text is a fault")
    func many() async throws {
        let fleet = try await fleet(), server = fleet.server(), now = TestFleet.now
        let names = (0..<12).map { "user\($0)" }
        for name in names { try fleet.enroll(name, at: now - 300, with: server) }
        var uses: [[UInt8]: [String: BackupCodeUse]] = [[0xff, 0xfe]: ["": used(1)], [0]: [:]]
        for name in names + ["\"},{", "a\\b"] { uses[Array(name.utf8)] = ["": used(0, 9)] }
        let done = try server.replay(uses, in: server.realms(), by: TestFleet.admin)
        #expect(done.users == 12 && done.codes == 24 && done.unknown.count == 4)
        #expect(try server.users(in: TestFleet.realm).allSatisfy { $0.backupCodesLeft == 8 })
        #expect(try server.realms() == [TestFleet.realm])
        // More than one statement takes.
        let more = (12..<1100).map { "user\($0)" }
        for name in more { try fleet.enroll(name, at: now - 300, with: server) }
        uses = [:]
        for name in more { uses[Array(name.utf8)] = ["": used(0)] }
        let rest = try server.replay(uses, in: server.realms(), by: TestFleet.admin)
        #expect(rest.users == more.count && rest.codes == more.count && rest.unknown.isEmpty)
        #expect(try server.lastCall() != nil)
        #expect(try server.servers() == ["otp1"])
    }
}
