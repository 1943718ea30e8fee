import OTPCore
import Testing

@testable import FleetStore

@Suite("A request is judged once, and its host hears one answer")
struct RequestTests {
    private func fleet() async throws -> TestFleet { try await TestFleet(on: Cluster.shared()) }

    @Test("A right code is refused, a wrong one is let in, or a used one is good again")
    func codes() async throws {
        let fleet = try await fleet(), server = fleet.server(), now = TestFleet.now
        try fleet.enroll("alice", at: now, with: server)
        #expect(try fleet.login("alice", "000000", on: server, at: now) == "no wrong")
        let code = TestFleet.code(at: now)
        #expect(try fleet.login("alice", code, on: server, at: now) == "yes code")
        #expect(try fleet.login("alice", code, on: server, at: now) == "no replayed")
        // Another server, which has another connection.
        #expect(try fleet.login("alice", code, on: fleet.server(), at: now) == "no repeated")
    }

    @Test("Backup codes or temporary codes are refused, or count twice")
    func longCodes() async throws {
        let fleet = try await fleet(), server = fleet.server()
        let codes = try fleet.enroll("alice", with: server)
        #expect(try fleet.login("alice", codes.backup[3], on: server) == "yes backup-code")
        #expect(try fleet.login("alice", codes.backup[3], on: server) == "no used-backup-code")
        #expect(try fleet.login("alice", codes.temporary, on: server) == "yes temporary-code")
        #expect(try fleet.login("alice", codes.temporary, on: server) == "no used-temporary-code")
    }

    @Test("A request that comes again is judged again, at the same server or another")
    func again() async throws {
        let fleet = try await fleet(), server = fleet.server(), now = TestFleet.now
        try fleet.enroll("alice", at: now, with: server)
        let request = RowID.random(), code = TestFleet.code(at: now)
        for database in [server, server, fleet.server()] {
            let heard = try fleet.login("alice", code, on: database, at: now, request: request)
            #expect(heard == "yes code")
        }
        #expect(try fleet.login("alice", code, on: server, at: now) == "no replayed")
    }

    @Test("Another host gets the reply to a request that is not its own")
    func others() async throws {
        let fleet = try await fleet(), server = fleet.server(), now = TestFleet.now
        try fleet.enroll("alice", at: now, with: server)
        let request = RowID.random(), code = TestFleet.code(at: now)
        #expect(
            try fleet.login("alice", code, on: server, at: now, request: request) == "yes code")
        let other = try fleet.makeHost("web2")
        #expect(
            try fleet.login("alice", code, on: server, at: now, from: other, request: request)
                == "no replayed")
    }

    @Test("A reply is sent again for an older request than the last")
    func older() async throws {
        let fleet = try await fleet(), server = fleet.server(), now = TestFleet.now
        try fleet.enroll("alice", at: now, with: server)
        let request = RowID.random(), code = TestFleet.code(at: now)
        _ = try fleet.login("alice", code, on: server, at: now, request: request)
        _ = try fleet.login("alice", "000000", on: server, at: now)
        #expect(
            try fleet.login("alice", code, on: server, at: now, request: request) == "no replayed")
    }

    @Test("A user without a record is told apart, or a decoy lets somebody in")
    func decoys() async throws {
        let fleet = try await fleet(), server = fleet.server(), now = TestFleet.now
        #expect(try fleet.login("nobody", "123456", on: server, at: now) == "no wrong")
        #expect(try fleet.login("nobody", "123456", on: server, at: now) == "no repeated")
        #expect(try fleet.login("no\0body", "123456", on: server, at: now) == "no wrong")
        #expect(try server.users(in: TestFleet.realm).isEmpty)
        #expect(try server.users(in: "").count == Decoy.count)
    }

    @Test("A change by somebody else in the middle of a request is lost, or not done again")
    func conflict() async throws {
        let fleet = try await fleet(), server = fleet.server(), other = fleet.server()
        let now = TestFleet.now
        try fleet.enroll("alice", at: now, with: server)
        let code = TestFleet.code(at: now)
        var calls = 0
        let performed = try server.perform(fleet.act("alice", at: now)) {
            (records) throws(StoreError) in
            let answer = try TestFleet.judge(code)(records)
            calls += 1
            if calls == 1 {
                let heard = try fleet.login("alice", code, on: other, at: now)
                #expect(heard == "yes code")
            }
            return answer
        }
        guard case .done(let done) = performed else { throw Trouble("\(performed)") }
        #expect(String(decoding: done.reply, as: UTF8.self) == "no replayed")
        #expect(calls == 2)
        let counts = server.state.counts.values
        #expect(counts.conflicts == 1 && counts.unknowns == 0)
        #expect(other.state.counts.values.conflicts == 0)
    }

    @Test("Two servers that make the same user's record both succeed")
    func making() async throws {
        let fleet = try await fleet(), server = fleet.server(), other = fleet.server()
        var calls = 0
        let performed = try server.perform(fleet.act("alice")) { (records) throws(StoreError) in
            calls += 1
            if calls == 1 { do { try fleet.enroll("alice", with: other) } catch {} }
            guard try records.open(records.act.user) == nil else {
                return ActAnswer(reply: [0], audit: nil)
            }
            try records.make(Record(), of: records.act.user)
            return ActAnswer(reply: [1], audit: nil)
        }
        guard case .done(let done) = performed else { throw Trouble("\(performed)") }
        #expect(done.reply == [0] && calls == 2)
        #expect(try server.users(in: TestFleet.realm).map(\.isEnrolled) == [true])
    }

    @Test("A yes is not in the audit, or has no receipt")
    func audit() async throws {
        let fleet = try await fleet(), server = fleet.server(), now = TestFleet.now
        try fleet.enroll("alice", at: now, with: server)
        let performed = try server.perform(
            fleet.act("alice", at: now), TestFleet.judge(TestFleet.code(at: now)))
        guard case .done(let done) = performed, let receipt = done.receipt else {
            throw Trouble("\(performed)")
        }
        var query = AuditQuery()
        query.user = UserName(realm: TestFleet.realm, name: "alice")
        query.host = "web1"
        let rows = try server.audit(query)
        #expect(rows.map(\.kind) == ["enroll", "login"])
        let last = try #require(rows.last)
        #expect(last.sequence == receipt.sequence && last.granted && last.detail == "code")
        #expect(last.server == "otp1" && last.host == "web1" && last.origin == "sshd 192.0.2.1")
        #expect(try server.receipt(receipt.text) == receipt)
    }

    @Test("A host fills the audit with names that nobody has")
    func longNames() async throws {
        let fleet = try await fleet(), server = fleet.server()
        let name = String(repeating: "x", count: 127) + "ü" + String(repeating: "y", count: 5000)
        _ = try server.perform(fleet.act(name)) { (_) throws(StoreError) in
            ActAnswer(
                reply: [],
                audit: AuditEntry(
                    kind: "look", granted: false, origin: String(repeating: "z", count: 5000),
                    actor: name))
        }
        let last = try #require(try server.audit(AuditQuery()).last)
        #expect(last.user.name.utf8.count <= 130 && last.origin.utf8.count == 128)
        #expect(last.actor.utf8.count <= 130)
    }

    @Test("Nothing is stored although a removal, or a removed record comes back with used codes")
    func removal() async throws {
        let fleet = try await fleet(), server = fleet.server(), now = TestFleet.now
        try fleet.enroll("alice", at: now, with: server)
        _ = try server.perform(fleet.act("alice")) { (records) throws(StoreError) in
            try records.remove(records.act.user)
            #expect(try records.open(records.act.user) == nil)
            return ActAnswer(reply: [], audit: AuditEntry(kind: "remove", granted: true))
        }
        #expect(
            try fleet.login("alice", TestFleet.code(at: now), on: server, at: now) != "yes code")
        #expect(try server.users(in: TestFleet.realm).map(\.isEnrolled) == [false])
        try fleet.enroll("alice", at: now, with: server)
        #expect(
            try fleet.login("alice", TestFleet.code(at: now), on: server, at: now) == "yes code")
    }
}
