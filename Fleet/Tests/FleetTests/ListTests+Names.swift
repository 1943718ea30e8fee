import Foundation
import OTPWire
import TestSupport
import Testing

// Servers with `identity = name`: one more, with a host of its own, on the same database.
extension ListTests {
    /// Stores names that nobody has at any host, more than a page of them.
    private func store(_ names: [String], in realm: String, of fleet: Fleet) async throws {
        let list = names.map { "('\($0)')" }.joined(separator: ",")
        try await fleet.primary.sql(
            """
            INSERT INTO swiftotp.users (id, realm, name, uid, version, key_id, record, enrolled,
                authenticators, backup_left, failures, closed, last_login)
            SELECT gen_random_uuid(), '\(realm)', name, 900000, 1, '\\x00', '\\x00', false, 0, 0, 0,
                false, 0
            FROM (VALUES \(list)) AS new (name)
            """)
    }

    @Test("A fleet that goes by names lists nobody, one page, or two users with one UID as one")
    func byNames() async throws {
        let (fleet, scratch) = (try await Fleet.shared(), try Scratch())
        let machine = try await Machine.all(Fleet.named, on: fleet.lan, in: scratch)
        let server = OTPServer(on: try machine("otp3"))
        let host = try await Host(on: machine("web7"))
        defer {
            host.killAgent()
            server.kill()
            withExtendedLifetime((machine, scratch)) {}
        }
        try await server.copy(fleet.servers[0])
        try await server.set("identity", "name")
        try await server.start()
        let token = try await host.invite(by: server, rights: "enroll,admin", realm: "named")
        try await host.join("https://otp3", token: token)
        try await host.startAgent()

        let ann = try await Member(Account.make("ann"), at: host)
        try await server.command("role", ann.name, "auditor", "--realm", "named")
        let alice = try await Member(Account.make("alice"), at: host)
        let bob = try await Member(Account.make("bob"), at: host)
        let number = try alice.number
        _ = try await bob.account.modified(["-o", "-u", "\(number)"])
        let gone = (10_001...11_500).map { "gone\($0)" }
        try await store(gone, in: "named", of: fleet)

        // As a host asks that knows no names; its user's code is still good.
        let old = try await BrokenHost(host).call(
            .command(
                request: Request(
                    .recorded(after: nil, name: nil), proof: ann.backupCodes[0]),
                caller: FleetCaller(user: ann.name, uid: ann.number, isRoot: false)),
            about: ann.name, ann.number, server: "otp3")
        guard case .failed(let trouble)? = old.result else { throw Trouble("\(old)") }
        #expect(trouble.detail.contains("`identity = name`"))

        let rows = try rows(in: try await list(by: ann, at: host, code: ann.backupCodes[0]))
        for member in [alice, bob] {
            let found = rows.filter { $0.user == member.name }
            #expect(found.map(\.uid) == [number], "\(member.name)")
            #expect(found.first?.authenticators == ["phone"], "\(member.name)")
        }
        let lost = rows.filter { $0.recordOf != nil }
        #expect(lost.compactMap(\.recordOf) == gone)
        #expect(lost.allSatisfy { $0.user == nil && $0.enrolled == nil && $0.uid == 900_000 })
        #expect(!rows.contains { $0.uid == 0 })
        let audit = try await fleet.audit(of: ann.name).filter { $0.kind == "listed" }
        #expect(audit.map { "\($0.host) \($0.isGranted)" } == ["web7 true"], "\(audit)")
    }
}
