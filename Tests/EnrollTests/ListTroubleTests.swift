import Foundation
import OTPCore
import OTPStore
import TestSupport
import Testing

/// `list` with faults, long names or many users.
@Suite struct ListTroubleTests {
    let desk: Desk

    init() throws {
        try Build.requireGround()
        desk = try Desk()
    }

    private func line(of account: Account, in text: String) -> String? {
        text.split(separator: "\n").map(String.init).first { $0.hasPrefix(account.name + " ") }
    }

    @Test func aRecordThatCannotBeReadHidesNoOther() async throws {
        let (alice, bob) = (try await Account.make("alice"), try await Account.make("bob"))
        let carol = try await Account.make("carol")
        for account in [alice, bob] { try await desk.enroll(account.name) }
        let record = "\(desk.store)/\(try alice.user().uid)"
        truncate(record, 1000)

        let one = try await desk.run("list")
        #expect(one.status == 1)
        let words = "its size is wrong; restore it, or remove it"
        #expect(one.errors == "otp-enroll: \(record): \(words)\n")
        #expect(line(of: alice, in: one.output)?.contains("  damaged  ") == true)
        #expect(line(of: bob, in: one.output)?.contains("  phone  ") == true)
        #expect(line(of: carol, in: one.output)?.contains("  no  ") == true)
        let locked = try await desk.run("list", "--locked")
        #expect(locked.status == 1 && line(of: alice, in: locked.output) != nil)
        #expect(line(of: bob, in: locked.output) == nil)

        // Bob's record under carol's number is not carol's.
        let other = "\(desk.store)/\(try carol.user().uid)"
        try FileManager.default.copyItem(
            atPath: "\(desk.store)/\(try bob.user().uid)", toPath: other)
        let two = try await desk.run("list")
        #expect(two.status == 1)
        #expect(
            two.errors == """
                otp-enroll: 2 records cannot be read
                hint: `otp-enroll status \(alice.name)` says what is wrong with the first

                """)
        #expect(line(of: carol, in: two.output)?.contains("  another user's  ") == true)

        let told = try await desk.json("list", status: 1)
        let users = try #require(told["users"] as? [[String: Any]])
        let object = try #require(users.first { $0["user"] as? String == alice.name })
        #expect(object["problem"] as? String == words)
        #expect(object["enrolled"] is NSNull && object["failures"] is NSNull)
    }

    @Test func aRecordWithoutAUserIsListedByItsNumber() async throws {
        try desk.shelve(User(name: Array("gone".utf8), uid: 3_000_000_000, gid: 100))
        let done = try await desk.run("list")
        #expect(done.status == 0 && done.errors.isEmpty)
        // The first column is as wide as the longest name on the machine.
        #expect(done.output.contains(#/\n\(uid 3000000000\) +no such user  /#))
        let told = try await desk.json("list")
        let users = try #require(told["users"] as? [[String: Any]])
        let object = try #require(users.first { $0["user"] is NSNull })
        #expect(object["uid"] as? UInt32 == 3_000_000_000)
        #expect(object["problem"] as? String == "no such user")
        #expect(!(try await desk.run("list", "--not-enrolled").output.contains("(uid ")))
    }

    @Test func withoutTheSealKeyNobodyIsListed() async throws {
        let alice = try await Account.make("alice")
        try await desk.enroll(alice.name)
        try FileManager.default.removeItem(atPath: desk.store + "/seal.key")
        let done = try await desk.run("list")
        #expect(done.status == 1 && done.output.isEmpty)
        #expect(done.errors.hasPrefix("otp-enroll: \(desk.store)/seal.key: "), "\(done.errors)")
    }

    @Test func theTableFitsTheTerminal() async throws {
        let alice = try await Account.make("alice")
        for name in ["a phone with a long, long name.", "another phone with a name"] {
            try await desk.enroll(alice.name, "--name", name)
        }
        let screen = try await desk.screen("list", "--group", alice.name, columns: 72)
        #expect(try await screen.finish() == 0)
        let lines = try await screen.history().split(separator: "\n").map(String.init)
        #expect(lines.allSatisfy { $0.count <= 72 }, "\(lines)")
        let row = try #require(line(of: alice, in: lines.joined(separator: "\n")))
        #expect(row.contains("  a phone") && row.contains("+  ") && row.contains("  never"))
        let narrow = try await desk.screen("list", "--group", alice.name, columns: 30)
        #expect(try await narrow.finish() == 0)
        let cut = try await narrow.history().split(separator: "\n")
        #expect(cut.allSatisfy { $0.count <= 30 } && cut.contains { $0.hasPrefix(alice.name) })
    }

    /// A hundred thousand users with records: quadratic time would take hours.
    @Test func aHundredThousandUsersAreListedQuickly() async throws {
        let people = UInt32(1_000_000)..<1_100_000
        let store = try Store.make(path: Array(desk.store.utf8)).store
        var record = Record()
        try Desk.fill(&record)
        let random = SystemRandom()
        try record.renewBackupCodes(
            at: 1_790_000_000, random: { (count) throws(StoreError) in try random.bytes(count) },
            { _ in })
        var passwd = try String(contentsOfFile: "/etc/passwd", encoding: .utf8)
        for uid in people {
            let name = "user\(uid)"
            passwd += "\(name):x:\(uid):100::/home/\(name):/bin/sh\n"
            try store.make(record, of: User(name: Array(name.utf8), uid: uid, gid: 100))
        }
        let clock = ContinuousClock(), start = clock.now
        let done = try await desk.run(["list"], with: ["passwd": passwd])
        let time = clock.now - start
        print("list of 100,000 users: \(time)")
        #expect(done.status == 0 && done.errors.isEmpty)
        #expect(done.output.split(separator: "\n").count { $0.contains("  phone  ") } == 100_000)
        #expect(time < .seconds(600), "\(time)")

        let crowd = people.map { "user\($0)" }.joined(separator: ",")
        let group = try await desk.run(
            ["list", "--group", "crowd"],
            with: ["passwd": passwd, "group": "crowd:x:4000000:\(crowd)\n"])
        #expect(group.output.split(separator: "\n").count == 1 + 100_000, "\(group.errors)")
    }
}
