import Foundation
import OTPCore
import OTPStore
import TestSupport
import Testing

/// `list`: all users, enrolled or not.
@Suite struct ListTests {
    let desk: Desk

    init() throws {
        try Build.requireGround()
        desk = try Desk()
    }

    /// The cells of each row, by the first cell.
    private func rows(_ text: String) -> [String: [String]] {
        var rows: [String: [String]] = [:]
        for line in text.split(separator: "\n") {
            let cells = String(line).split(separator: #/ {2,}/#).map(String.init)
            if let first = cells.first { rows[first] = cells }
        }
        return rows
    }

    /// The users of `list --json`, by name.
    private func objects(
        _ arguments: [String] = [], status: Int32 = 0
    ) async throws -> [String: [String: Any]] {
        let done = try await Command.run(desk.words(["list", "--json"] + arguments))
        #expect(done.status == status, "\(done.errors)")
        let told = try JSONSerialization.jsonObject(with: Data(done.output.utf8))
        let users = try #require((told as? [String: Any])?["users"] as? [[String: Any]])
        return users.reduce(into: [:]) { $0[$1["user"] as? String ?? "(nobody)"] = $1 }
    }

    @Test func everybodyIsListed() async throws {
        let (alice, bob) = (try await Account.make("alice"), try await Account.make("bob"))
        let before = rows(try await desk.run("list").output)
        #expect(
            before["USER"]
                == ["USER", "ENROLLED", "BACKUP CODES", "FAILURES", "LOCKED", "LAST LOGIN"])
        #expect(before[alice.name] == [alice.name, "no", "-", "-", "-", "-"])
        #expect(before["root"] == ["root", "no", "-", "-", "-", "-"])
        // Neither of them is a person.
        #expect(before["daemon"] == nil && before["nobody"] == nil)

        let phone = try await desk.enroll(alice.name).phone
        try await desk.enroll(alice.name, "--name", "tablet")
        try await desk.fail(1, of: alice.name)
        let after = rows(try await desk.run("list").output)
        #expect(after[alice.name] == [alice.name, "phone, tablet", "10", "1", "-", "never"])
        #expect(after[bob.name] == before[bob.name])

        try await phone.settle()
        _ = try await desk.json("verify", alice.name, input: try await phone.code())
        let used = try #require(rows(try await desk.run("list").output)[alice.name])
        #expect(used[3] == "0" && used[5].wholeMatch(of: #/[\d-]{10} \d\d:\d\d/#) != nil)
    }

    @Test func scriptsGetTheSame() async throws {
        let (alice, bob) = (try await Account.make("alice"), try await Account.make("bob"))
        let phone = try await desk.enroll(alice.name).phone
        try await phone.settle()
        _ = try await desk.json("verify", alice.name, input: try await phone.code())
        let issued = try await desk.json("issue", alice.name)
        let users = try await objects()
        let enrolled = try #require(users[alice.name]), other = try #require(users[bob.name])
        let members: Set = [
            "user", "uid", "enrolled", "authenticators", "backup_codes_left", "trusted_keys",
            "failures", "locked_until", "last_login", "temporary_code_expires", "problem",
        ]
        #expect(Set(enrolled.keys) == members && Set(other.keys) == members)
        #expect(enrolled["uid"] as? UInt32 == (try alice.user().uid))
        #expect(enrolled["enrolled"] as? Bool == true)
        #expect(enrolled["authenticators"] as? [String] == ["phone"])
        #expect(enrolled["backup_codes_left"] as? Int == 10)
        #expect(enrolled["trusted_keys"] as? Int == 0)
        #expect(enrolled["locked_until"] is NSNull && enrolled["problem"] is NSNull)
        let login = try Date(try #require(enrolled["last_login"] as? String), strategy: .iso8601)
        #expect((-60...1).contains(login.timeIntervalSinceNow))
        #expect(enrolled["temporary_code_expires"] as? String == issued["expires"] as? String)
        #expect(other["enrolled"] as? Bool == false && other["last_login"] is NSNull)
    }

    @Test func itNarrowsDown() async throws {
        let group = "crew\(UInt32.random(in: 0...UInt32.max))"
        try await Account.group(group)
        let alice = try await Account.make("alice", groups: [group])
        let bob = try await Account.make("bob", groups: [group])
        let carol = try await Account.make("carol")
        try await desk.enroll(alice.name)
        try await desk.enroll(carol.name)
        try desk.fail(10, from: "192.0.2.66", of: try carol.user())

        #expect(Set(try await objects(["--group", group]).keys) == [alice.name, bob.name])
        // A user whose primary group it is belongs to it as well.
        #expect(Set(try await objects(["--group", carol.name]).keys) == [carol.name])
        let missing = try await objects(["--group", group, "--not-enrolled"])
        #expect(Set(missing.keys) == [bob.name])
        let all = try await objects(["--not-enrolled"])
        #expect(all[bob.name] != nil && all[alice.name] == nil && all["root"] != nil)
        #expect(Set(try await objects(["--locked"]).keys) == [carol.name])
        #expect(try await objects(["--locked", "--not-enrolled"]).isEmpty)
        let row = rows(try await desk.run("list", "--locked").output)[carol.name]
        #expect(row?[4].wholeMatch(of: #/\d+ (?:minute|second)s?/#) != nil, "\(row ?? [])")
    }

    @Test func whoIsOnTheWayIsTold() async throws {
        let (alice, bob) = (try await Account.make("alice"), try await Account.make("bob"))
        let carol = try await Account.make("carol")
        _ = try await desk.json("issue", alice.name)
        for account in [bob, carol] { try await desk.enroll(account.name) }
        #expect(try await desk.run("reset", bob.name, "--yes").status == 0)
        #expect(try await desk.run("disable", carol.name, "--yes").status == 0)
        let now = rows(try await desk.run("list").output)
        #expect(now[alice.name]?[1] == "temporary code")
        #expect(now[bob.name]?[1] == "reset")
        #expect(now[carol.name]?[1] == "no")
        let later = try await desk.run(offClock: "+25h", "list").output
        #expect(rows(later)[alice.name]?[1] == "temporary code (ended)")
        // A closed account is not locked for a limited time.
        try desk.fail(100, from: "192.0.2.66", of: try alice.user())
        #expect(rows(try await desk.run("list").output)[alice.name]?[4] == "closed")
        let end = try await objects(["--locked"])[alice.name]?["locked_until"] as? String
        #expect(end == "9999-12-31T23:59:59Z")
    }
}
