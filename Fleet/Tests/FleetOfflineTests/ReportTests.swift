import Foundation
import OTPCore
import OTPWire
import Testing

@testable import FleetNetwork
@testable import FleetStore

/// `swiftotp-server report`: what admins of a fleet should know each week.
@Suite("The report about a fleet", .serialized)
struct ReportTests {
    private static var now: UInt64 { UInt64(Date().timeIntervalSince1970) }

    /// Gives a user backup codes.
    private func renew(_ number: Int, in fleet: LiveFleet) throws -> [String] {
        var codes: [String] = []
        try fleet.change(user: number) { record in
            codes = (try? record.renewBackupCodes(at: Self.now, random: Numbers())) ?? []
        }
        #expect(codes.count == 10)
        return codes
    }

    private func object(_ text: String) throws -> [String: Any] {
        try #require(
            try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any], "\(text)")
    }

    private func names(_ key: String, _ report: [String: Any]) throws -> [String] {
        try #require(report[key] as? [String], "\(key)")
    }

    private func rows(_ key: String, _ report: [String: Any]) throws -> [[String: Any]] {
        try #require(report[key] as? [[String: Any]], "\(key)")
    }

    /// A fleet with users who need attention: `user1` is closed, `user2` has a temporary code of the
    /// help desk's and no backup codes, `user3` has a short key, and `user4` was reset.
    private func troubledUsers() async throws -> LiveFleet {
        let fleet = try await LiveFleet()
        try await fleet.open(rights: "enroll,admin")
        try fleet.startAgent()
        try fleet.enroll(5)
        let codes = try renew(0, in: fleet)
        for number in [1, 3] { _ = try renew(number, in: fleet) }
        try fleet.change(user: 3) { (record) throws(Record.ChangeError) in
            guard let name = Name("phone".utf8),
                let phone = Authenticator(name: name, kind: .totp, added: 1)
            else { return }
            try record.add(phone, key: [UInt8](repeating: 7, count: 10).span)
        }
        try fleet.change(user: 4) { $0.removeAll() }
        try await fleet.sql(
            """
            INSERT INTO swiftotp.strangers (user_id, host_id, failures, last)
            SELECT u.id, h.id, 100, \(Self.now) FROM swiftotp.users u, swiftotp.hosts h
            WHERE u.name = 'user1'
            """)
        try await fleet.server("role", "user0", "helpdesk")
        #expect(await eventually { await fleet.isReady() })
        // On a busy machine one may get no answer in time.
        for code in codes.prefix(6) {
            let request = Request(.issue(seconds: nil, mail: nil), proof: code)
            let caller = FleetCaller(user: "user0", uid: 2000, isRoot: false)
            _ = try? await fleet.call(
                FleetCall(.command(request: request, caller: caller), user: "user2", uid: 2002))
            let audit = try await fleet.server("audit", "--user", "user2")
            if audit.contains("temporary-code-issued") { break }
        }
        return fleet
    }

    @Test("A user who needs attention is missing, is in the wrong part, or the help desk's act is")
    func users() async throws {
        let fleet = try await troubledUsers()
        let json = try await fleet.server("report", "--json")
        let report = try object(json)
        for (key, names) in [
            ("closed", ["user1"]), ("without_backup_codes", ["user2"]), ("locked_out", []),
            ("short_keys", ["user3"]), ("not_enrolled", ["user4"]),
        ] { #expect(try self.names(key, report) == names, "\(key)") }
        #expect(try rows("temporary_codes", report).map { $0["user"] as? String } == ["user2"])
        #expect(report["users"] as? Int == 5 && report["enrolled"] as? Int == 4)
        #expect(report["fleet"] as? String == "lab")
        let acts = try rows("helpdesk_acts", report)
        try #require(acts.count > 1, "\(acts)")
        let (issued, first) = (acts[0], acts[acts.count - 1])
        #expect(issued["act"] as? String == "temporary-code-issued")
        #expect(issued["helper"] as? String == "user0" && issued["user"] as? String == "user2")
        #expect(issued["host"] as? String == "web17")
        #expect(first["act"] as? String == "role" && first["host"] is NSNull)

        // An admin's own name by sudo does not make it an act of the user's own.
        let program = try Built.program("swiftotp-server")
        let role = ["SUDO_USER=user1", program, "role", "user1", "admin", "--folder"]
        try await Built.run(role + [fleet.path(of: 1)])
        let more = try object(try await fleet.server("report", "--json"))
        let given = try rows("helpdesk_acts", more)
        #expect(given.count == acts.count + 1 && given.first?["user"] as? String == "user1")
        try await fleet.server("role", "user1", "none")

        let text = try await fleet.server("report")
        #expect(text.hasPrefix("One-time codes in the fleet lab ("), "\(text)")
        #expect(text.replacing("\n", with: " ").contains(": 4 of 5 users enrolled; 1 host."))
        for part in [
            "\nClosed by a hundred wrong codes: 1 user\n    user1\n    where they came from: ",
            "\nWithout backup codes: 1 user\n    user2\n", "\nKnown, and not enrolled: 1 user\n",
            "\nKeys of fewer than 128 bits: 1 user\n    user3\n",
            "\nTemporary codes that still work: 1\n    user2, until 20",
            "\nThe help desk in the last 7 days: \(acts.count + 2) acts\n    WHEN ",
            "\nCertificates: that of ",
        ] { #expect(text.contains(part), "\(part): \(text)") }
        #expect(
            text.contains(#/\n    20\S+ \S+  user0 +temporary-code-issued +user2 +web17\n/#),
            "\(text)")
        #expect(text.split(separator: "\n").allSatisfy { $0.count <= 79 }, "\(text)")
        // Nothing that logs in.
        for told in [text, json] {
            #expect(!told.contains(#/[0-9A-Z]{4,5}-[0-9A-Z]{4,5}-[0-9A-Z]{4,5}/#), "\(told)")
        }
    }

    @Test("A host that needs attention is missing, or is in the wrong part")
    func hosts() async throws {
        let fleet = try await LiveFleet()
        try await fleet.open()
        let database = Database(try fleet.settings(), state: FleetState())
        for (name, days) in [("web18", 40), ("web19", 0), ("web20", 0)] as [(String, UInt64)] {
            _ = try database.makeHost(
                named: name, realm: "main", rights: [],
                by: AdminAct(actor: "root", time: Self.now - days * 86_400))
        }
        try await fleet.server("hosts", "--revoke", "web19")
        try await fleet.server("invite", "web21", "--rights", "enroll,admin")
        try await fleet.server("answer", "web17", "alice", "1", "--sheet", "3")
        try await fleet.sql("UPDATE swiftotp.hosts SET rights = 'import' WHERE name = 'web20'")
        try await fleet.sql(
            """
            UPDATE swiftotp.hosts SET budget = 0, budget_at = \(Self.now + 3600),
                quarantined = \(Self.now) WHERE name = 'web17'
            """)

        let report = try object(try await fleet.server("report", "--json"))
        for (key, name) in [
            ("hosts_quarantined", "web17"), ("hosts_revoked", "web19"), ("hosts_silent", "web18"),
            ("invites", "web21"),
        ] {
            #expect(try rows(key, report).map { $0["host"] as? String } == [name], "\(key)")
        }
        #expect(try rows("hosts_quarantined", report).first?["now"] as? Bool == true)
        #expect(try names("hosts_changed", report) == ["web20"])
        #expect(report["hosts"] as? Int == 2)
        let answer = try #require(try rows("offline_answers", report).first)
        #expect(answer["user"] as? String == "alice" && answer["host"] as? String == "web17")
        #expect(answer["detail"] as? String == "answers 1 to 3")
        #expect(try rows("offline_alarms", report).isEmpty)

        let text = try await fleet.server("report")
        for part in [
            "\nHosts that used up their failures: 1\n    web17, in quarantine: used up on 20",
            "hosts --release NAME\n", "\nHosts revoked: 1\n    web19, on 20",
            "\nHosts not heard of for a week: 1\n    web18, never; its certificate has ended\n",
            "\nHosts changed in the database by somebody else than a server: 1 host\n    web20\n",
            " alice at web17: answers 1 to 3, by ",
            "\nOpen invites: 1\n    web21, until 20",
        ] { #expect(text.contains(part), "\(part): \(text)") }
        #expect(text.contains(", rights: admin,enroll\n") && !text.contains("help desk"))
    }

    @Test("A record that cannot be opened hides the others, or is no failure")
    func broken() async throws {
        let fleet = try await LiveFleet()
        try await fleet.open()
        try fleet.enroll(2)
        try await fleet.sql(
            """
            UPDATE swiftotp.users SET record = '\\x00', version = version + 1 WHERE name = 'user0'
            """)
        let said = try await Built.refusal { try await fleet.server("report") }
        #expect(said.contains("1 record cannot be opened"), "\(said)")
        #expect(said.contains("\nRecords that nobody can use: 1\n    user0: the record in the "))
        #expect(said.contains("\nWithout backup codes: 1 user\n    user1\n"), "\(said)")
    }

    @Test("With nothing to tell it is long; or a mail that cannot be sent takes it along")
    func nothing() async throws {
        let fleet = try await LiveFleet()
        try await fleet.makeFleet(port: try LiveFleet.freePort())
        let quiet = "Nothing to report on the fleet lab ("
        let text = try await fleet.server("report")
        #expect(text.hasPrefix(quiet), "\(text)")
        #expect(text.split(separator: "\n").count <= 4, "\(text)")
        let report = try object(try await fleet.server("report", "--json"))
        #expect(report["users"] as? Int == 0 && report["hosts"] as? Int == 0)
        #expect((report["authority_ends"] as? String)?.hasPrefix("20") == true)
        let unsent = try await Built.refusal { try await fleet.server("report", "--mail", "root") }
        #expect(unsent.contains("no mail can be sent: no swiftotp-messenger listens"), "\(unsent)")
        #expect(unsent.contains(quiet) && !unsent.contains("was sent"), "\(unsent)")
        for (words, complaint) in [
            (["--mail", "root,alice"], "use a name of this machine"),
            (["--mail", "root", "--json"], "--mail sends a text: it takes no --json"),
            (["--mail"], "--mail"), (["alice"], "alice"),
        ] {
            let said = try await Built.refusal { try await fleet.command(["report"] + words) }
            #expect(said.contains(complaint) && !said.contains(quiet), "\(said)")
        }
    }
}
