import OTPCore
import Testing

@testable import FleetStore

@Suite("A row that gets another name is whole, and one")
struct MovingTests {
    private func fleet() async throws -> TestFleet { try await TestFleet(on: Cluster.shared()) }

    /// Moves the record of `old` to a user, and says how that went; `meanwhile` runs before it is
    /// stored for the first time.
    private func move(
        _ old: String, to new: String, uid: UInt32 = 1000, on server: Database,
        in fleet: TestFleet, meanwhile: () throws -> Void = {}
    ) throws -> String {
        var act = fleet.act(new, uid: uid)
        act.isMove = true
        var tries = 0
        var trouble: (any Error)?
        let performed = try server.perform(act) { (records) throws(StoreError) in
            tries += 1
            guard let owner = try records.former(old) else {
                return ActAnswer(reply: Array("none".utf8), audit: nil)
            }
            do throws(StoreError) {
                try records.move(owner) {
                    $0.note(Event(.moved, at: TestFleet.now, detail: [], origin: []))
                }
            } catch {
                guard error.code == .exists else { throw error }
                return ActAnswer(reply: Array("exists".utf8), audit: nil)
            }
            if tries == 1 { do { try meanwhile() } catch { trouble = error } }
            return ActAnswer(
                reply: Array("moved".utf8), audit: AuditEntry(kind: "moved", granted: true))
        }
        if let trouble { throw trouble }
        guard case .done(let done) = performed else { return "\(performed)" }
        return String(decoding: done.reply, as: UTF8.self)
    }

    private func names(_ server: Database) throws -> [String] {
        try server.users(in: TestFleet.realm).map(\.name.name)
    }

    @Test("A moved record lets nobody in, or lets the old name in")
    func moved() async throws {
        let fleet = try await fleet(), server = fleet.server(), now = TestFleet.now
        let codes = try fleet.enroll("bob", at: now, with: server)
        #expect(try fleet.login("bob", codes.backup[0], on: server) == "yes backup-code")
        #expect(try move("bob", to: "robert", on: server, in: fleet) == "moved")
        #expect(try names(server) == ["robert"])
        let other = fleet.server()
        #expect(try fleet.login("robert", codes.backup[0], on: other) == "no used-backup-code")
        #expect(try fleet.login("robert", codes.backup[1], on: other) == "yes backup-code")
        #expect(try fleet.login("bob", codes.backup[2], on: other).hasPrefix("no "))
        #expect(try move("bob", to: "robert", on: server, in: fleet) == "none")
        // And back.
        #expect(try move("robert", to: "bob", on: server, in: fleet) == "moved")
        #expect(try fleet.login("bob", codes.backup[2], on: other) == "yes backup-code")
    }

    @Test("A record with nothing to log in with is in the way, or stays in the lists")
    func replaced() async throws {
        let fleet = try await fleet(), server = fleet.server()
        let codes = try fleet.enroll("bob", with: server)
        _ = try server.perform(fleet.act("robert", uid: 1001)) { (records) throws(StoreError) in
            var record = Record()
            record.language = Language("sv".utf8)
            try records.make(record, of: records.act.user)
            return ActAnswer(reply: [], audit: nil)
        }
        #expect(try move("bob", to: "robert", uid: 1001, on: server, in: fleet) == "moved")
        #expect(try names(server) == ["robert"])
        #expect(try server.users(in: TestFleet.realm).map(\.uid) == [1001])
        _ = try server.look(fleet.act("robert", uid: 1001)) { (records) throws(StoreError) in
            let language = try records.openForReading(records.act.user)?
                .withRecord { $0.language?.name }
            #expect(language == "sv")
            let numbers = try records.userIDs(after: nil).numbers
            #expect(numbers == [1001])
            return []
        }
        try fleet.enroll("bob", with: server)
        #expect(try move("bob", to: "robert", uid: 1001, on: server, in: fleet) == "exists")
        #expect(try names(server) == ["bob", "robert"])
        #expect(try move("robert", to: "carl", on: server, in: fleet) == "moved")
        #expect(try move("bob", to: "robert", uid: 1001, on: server, in: fleet) == "moved")
        #expect(codes.backup.count == 10)
    }

    @Test("A record is moved by half when somebody else changes it, or takes the name, meanwhile")
    func conflict() async throws {
        let fleet = try await fleet(), server = fleet.server(), other = fleet.server()
        let codes = try fleet.enroll("bob", with: server)
        let afterLogin = try move("bob", to: "robert", on: server, in: fleet) {
            let heard = try fleet.login("bob", codes.backup[0], on: other)
            #expect(heard == "yes backup-code")
        }
        #expect(afterLogin == "moved")
        #expect(
            try fleet.login("robert", codes.backup[0], on: server) == "no used-backup-code")
        let taken = try move("robert", to: "bob", on: server, in: fleet) {
            try fleet.enroll("bob", with: other)
        }
        #expect(taken == "exists")
        #expect(try fleet.login("robert", codes.backup[1], on: server) == "yes backup-code")

        // The one that would give way enrolls.
        _ = try server.perform(fleet.act("carl")) { (records) throws(StoreError) in
            try records.make(Record(), of: records.act.user)
            return ActAnswer(reply: [], audit: nil)
        }
        let enrolled = try move("robert", to: "carl", on: server, in: fleet) {
            try fleet.enroll("carl", with: other)
        }
        #expect(enrolled == "exists")
        #expect(try names(server) == ["bob", "carl", "robert"])
    }

    @Test("Two records get the same name")
    func race() async throws {
        let fleet = try await fleet(), server = fleet.server()
        for name in ["ann", "bob"] { try fleet.enroll(name, with: server) }
        let heard = try move("ann", to: "eve", on: server, in: fleet) {
            let other = try move("bob", to: "eve", on: fleet.server(), in: fleet)
            #expect(other == "moved")
        }
        #expect(heard == "exists")
        #expect(try names(server) == ["ann", "eve"])
    }

    @Test("A UID that two users have means one of them, or a number is not found")
    func numbers() async throws {
        let fleet = try await fleet(), server = fleet.server()
        try fleet.enroll("bob", with: server)
        // Renumbered, by the old number.
        #expect(try move("1000", to: "bob", uid: 2000, on: server, in: fleet) == "moved")
        #expect(try server.users(in: TestFleet.realm).map(\.uid) == [2000])
        #expect(try move("1000", to: "bob", uid: 2000, on: server, in: fleet) == "none")
        for name in ["ann", "carl"] { try fleet.enroll(name, with: server) }
        #expect(throws: StoreError(.otherUser, [], "")) {
            try move("1000", to: "eve", on: server, in: fleet)
        }
        #expect(try move("02000", to: "eve", on: server, in: fleet) == "none")
    }

    @Test("A name with a colon gets a row, which no list shows")
    func colon() async throws {
        let fleet = try await fleet(), server = fleet.server()
        #expect(throws: StoreError(.system, [], "")) {
            try fleet.enroll(":hidden", with: server)
        }
    }
}
