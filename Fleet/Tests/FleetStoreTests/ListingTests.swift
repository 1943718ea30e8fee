import OTPCore
import Testing

@testable import FleetStore

@Suite("Many rows are read at once, and never all")
struct ListingTests {
    private func fleet() async throws -> TestFleet { try await TestFleet(on: Cluster.shared()) }

    /// Adds rows that cannot be opened, with even UIDs.
    private func add(_ count: Int, with server: Database) throws {
        try server.ready()
        let statement = PostgresStatement(
            """
            INSERT INTO swiftotp.users (id, realm, name, uid, version, key_id, record, enrolled,
                authenticators, backup_left, failures, closed, last_login)
            SELECT gen_random_uuid(), $1, 'n' || i, 2 * i, 1, '\\x00', '\\x00', false, 0, 0, 0,
                false, 0
            FROM generate_series(1, \(count)) i
            """)
        _ = try server.run(statement, [.text(TestFleet.realm)]).rows()
    }

    /// What `body` finds in a unit of work that only looks.
    private func look<Found>(
        _ fleet: TestFleet, _ server: Database,
        _ body: (FleetRecords) throws(StoreError) -> Found
    ) throws -> Found {
        var found: Found?
        _ = try server.look(fleet.act("alice")) { (records) throws(StoreError) in
            found = try body(records)
            return []
        }
        return try #require(found)
    }

    @Test("UIDs come all at once, or some are left out between two pages")
    func numbers() async throws {
        let fleet = try await fleet(), server = fleet.server()
        try add(10_500, with: server)
        var all: [UInt32] = []
        var pages = 0
        while true {
            let last = all.last
            let (numbers, isAll) = try look(fleet, server) { (records) throws(StoreError) in
                try records.userIDs(after: last)
            }
            #expect(numbers.count <= 10_000)
            all += numbers
            pages += 1
            if isAll { break }
        }
        #expect(pages == 2 && all == (1...10_500).map { 2 * $0 })
        let lab = try fleet.makeHost("lab1", realm: "lab")
        _ = try server.look(fleet.act("alice", from: lab)) { (records) throws(StoreError) in
            let numbers = try records.userIDs(after: nil).numbers
            #expect(numbers.isEmpty)
            return []
        }
    }

    @Test("A name is left out between two pages, or is of another realm, or of nobody at any host")
    func names() async throws {
        let fleet = try await fleet(), server = fleet.server()
        try fleet.enroll("alice", with: server)
        try add(2100, with: server)
        let long = PostgresStatement(
            "UPDATE swiftotp.users SET name = repeat('n', 257), version = 2 WHERE name = 'n7'")
        _ = try server.run(long, []).rows()
        var all: [User] = []
        var pages = 0
        while true {
            let last = all.last?.shownName ?? ""
            let page = try look(fleet, server) { (records) throws(StoreError) in
                try records.users(after: last)
            }
            let found = try #require(page)
            #expect(found.users.count <= 1000)
            all += found.users
            pages += 1
            if found.isAll { break }
        }
        let wanted = (1...2100).filter { $0 != 7 }.map { "n\($0)" } + ["alice"]
        #expect(pages == 3 && all.map(\.shownName) == wanted.sorted())
        #expect(all.first { $0.shownName == "n2100" }?.uid == 4200)
        let none = try look(fleet, server) { (records) throws(StoreError) in
            try records.users(after: "a\0b")?.users.count
        }
        #expect(none == nil)
        let lab = try fleet.makeHost("lab1", realm: "lab")
        _ = try server.look(fleet.act("alice", from: lab)) { (records) throws(StoreError) in
            let users = try records.users(after: "")?.users
            #expect(users == [])
            return []
        }
    }

    @Test("A row of a page is another user's, or one that cannot be opened ends the page")
    func page() async throws {
        let fleet = try await fleet(), server = fleet.server()
        let odd = "o'd \"d\\,{}é"
        for name in ["alice", odd, "gone"] { try fleet.enroll(name, with: server) }
        _ = try server.perform(fleet.act("gone")) { (records) throws(StoreError) in
            try records.remove(records.act.user)
            return ActAnswer(reply: [], audit: AuditEntry(kind: "remove", granted: true))
        }
        try add(3, with: server)
        try look(fleet, server) { (records) throws(StoreError) in
            let names = ["alice", odd, "gone", "n1", "nobody", "no\0body"].map { Array($0.utf8) }
            try records.prepare(names: names, numbers: [4, 5, 1000])
            func isEnrolled(_ name: String, _ uid: UInt32 = 1000) throws(StoreError) -> Bool? {
                try records.openForReading(TestFleet.user(name, uid: uid))?
                    .withRecord { $0.isEnrolled }
            }
            let found = [
                try isEnrolled("alice"), try isEnrolled(odd), try isEnrolled("gone"),
                try isEnrolled("nobody"), try isEnrolled("no\0body"),
            ]
            #expect(found == [true, true, nil, nil, nil])
            for (name, uid, code) in [("alice", 1001, .otherUser), ("n1", 2, .otherKey)]
                as [(String, UInt32, StoreError.Code)]
            {
                var trouble: StoreError.Code?
                do throws(StoreError) { _ = try isEnrolled(name, uid) } catch {
                    trouble = error.code
                }
                #expect(trouble == code, "\(name)")
            }
            let owners = [try records.owner(of: 4), try records.owner(of: 5)]
            #expect(owners.map { $0?.name } == [Array("n2".utf8), nil])
        }
    }

    @Test("A look stores something, or is answered to a host that may not ask")
    func looking() async throws {
        let fleet = try await fleet(), server = fleet.server()
        try fleet.enroll("alice", with: server)
        let before = try server.audit(AuditQuery()).count
        let done = try server.look(fleet.act("alice")) { (records) throws(StoreError) in
            let session = try records.open(records.act.user)
            session?.withRecord { $0.raiseEpoch() }
            try session?.commit()
            return [1]
        }
        guard case .done(let answer) = done else { throw Trouble("\(done)") }
        #expect(answer.reply == [1] && answer.receipt == nil)
        #expect(try server.audit(AuditQuery()).count == before)
        #expect(try server.revoke(host: "web1", by: TestFleet.admin))
        let refused = try server.look(fleet.act("alice")) { (_) throws(StoreError) in [1] }
        guard case .refused(.revoked) = refused else { throw Trouble("\(refused)") }
    }
}
