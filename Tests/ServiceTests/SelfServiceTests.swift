import Foundation
import TestSupport
import Testing

/// What an ordinary user does, through the real program.
@Suite("swiftotp-helper: an ordinary user")
struct SelfServiceTests {
    @Test("enrolls, looks, makes codes, adds, removes and ends it")
    func wholeLife() async throws {
        let log = try SystemLog.shared()
        let helper = try await Helper()
        let account = try await Account.make("citizen")
        let client = try Client(helper, account)

        var replies = try await client.run(
            "enrolled", "status", "begin", "confirm 000000", "confirm =")
        #expect(replies.map(\.kind) == ["flag", "record", "device", "verdict", "kept"])
        #expect(replies[0].flag == false && replies[1].authenticators == [])
        #expect(replies[2].key?.count == 40 && replies[2].name == "phone")
        #expect(replies[3].verdict == 3)
        let codes = try #require(replies[4].codes)
        #expect(Set(codes).count == 10)

        replies = try await client.run("enrolled", "status", "codes", "disable")
        #expect(replies[0].flag == true && replies[1].authenticators == ["phone"])
        #expect(replies[1].keys == [String(repeating: "00", count: 16)])
        #expect(replies[1].hashes?.count == 10)
        #expect(replies[1].hashes?.allSatisfy { $0.allSatisfy { $0 == "0" } } == true)
        #expect(replies[2].why == 1 && replies[3].why == 1)

        replies = try await client.run(
            "prove \(codes[0])", "begin tablet", "confirm =", "remove phone", "remove tablet",
            "codes")
        #expect(replies[0].outcome == 1)
        #expect(replies[2].name == "tablet" && replies[2].codes == [])
        #expect(replies[3].kind == "done" && replies[4].why == 5)
        let newCodes = try #require(replies[5].codes)

        replies = try await client.run(
            "prove \(codes[1])", "prove \(newCodes[1])", "disable", "status")
        #expect(replies[0].outcome == 16 && replies[1].outcome == 1)
        #expect(replies[2].kind == "done" && replies[3].authenticators == [])

        try await helper.rest()
        let user = account.name
        for line in [
            "authenticator added; name=\"phone\" by=\(user) user=\(user)",
            "code accepted; reason=backup-code by=\(user) user=\(user)",
            "authenticator added; name=\"tablet\" by=\(user) user=\(user)",
            "authenticator removed; name=\"phone\" by=\(user) user=\(user)",
            "backup codes renewed; by=\(user) user=\(user)",
            "authentication failure; reason=wrong by=\(user) user=\(user)",
            "second factor disabled; by=\(user) user=\(user)",
        ] {
            let found = try await log.line(containing: line)
            #expect(found.facility == 10 && found.text.contains(" swiftotp-helper["))
        }
        let told = log.lines(containing: user).map(\.text).joined()
        #expect(!(codes + newCodes).contains { told.contains($0) })
    }

    @Test("logs in to a program that is not root, which the log and the record tell")
    func login() async throws {
        let log = try SystemLog.shared()
        let helper = try await Helper()
        let client = try Client(helper, try await Account.make("locked"))
        let codes = try await client.enroll()
        let replies = try await client.run(
            "login swaylock \(codes[4])", "login swaylock \(codes[4])", "codes", "login sw/ay 1")
        #expect(replies.map(\.kind) == ["outcome", "outcome", "denied", "denied"])
        #expect(replies[0].outcome == 1 && replies[1].outcome == 18)
        #expect(replies[2].why == 1 && replies[3].why == 9)
        let user = client.user
        let granted = try await log.line(
            containing: "login granted; factor=backup-code index=4 left=9 service=swaylock "
                + "by=\(user) user=\(user)")
        #expect(granted.severity == 6)
        _ = try await log.line(
            containing: "authentication failure; reason=used-backup-code service=swaylock "
                + "by=\(user) user=\(user)")
    }

    @Test("has no way to say another user's name: each finds their own record")
    func nobodyElse() async throws {
        let helper = try await Helper()
        let alice = try Client(helper, try await Account.make("alice"))
        let mallory = try Client(helper, try await Account.make("mallory"))
        let codes = try await alice.enroll()
        let before = try await alice.record
        let replies = try await mallory.run(
            "status", "prove \(codes[0])", "login su \(codes[1])", "remove phone", "disable",
            "begin",
            "confirm =", "status")
        #expect(replies[0].authenticators == [])
        #expect(replies[1].outcome == 26 && replies[2].outcome == 26)
        #expect(replies[3].why == 3 && replies[4].why == 3)
        #expect(replies[6].kind == "kept" && replies[7].authenticators == ["phone"])
        #expect(try await alice.record == before)
        #expect(try await mallory.record != before)
        // Root, too, is somebody with a second factor of their own.
        let root = try Client.root(helper)
        #expect(try await root.run("status").first?.authenticators == [])
    }

    @Test("does what the policy leaves to users, and no more")
    func policy() async throws {
        let helper = try await Helper(
            configuration: "first_enrollment = at_login\nuser_may_disable = no\n")
        let client = try Client(helper, try await Account.make("ruled"))
        let replies = try await client.run("begin", "disable", "status")
        #expect(replies[0].why == 2 && replies[1].why == 2 && replies[2].authenticators == [])
        #expect(try await client.record.isEmpty)
    }

    @Test("hears that the configuration is in error, and the log hears which")
    func badConfiguration() async throws {
        let log = try SystemLog.shared()
        let helper = try await Helper(configuration: "retry = 99\n")
        let client = try Client(helper, try await Account.make("puzzled"))
        let replies = try await client.run("enrolled", "reply")
        #expect(replies[0].why == 8 && replies[1].kind == "end")
        #expect(replies[0].text?.contains("99") == false)
        let line = try await log.line(containing: "cannot check; ", "user=\(client.user)")
        #expect(line.text.contains("retry") && line.severity == 2)
    }

    @Test("A store that anybody could change is not used")
    func unsafeStore() async throws {
        let helper = try await Helper()
        let client = try Client(helper, try await Account.make("careful"))
        try await client.enroll()
        chmod(helper.store, 0o777)
        let replies = try await client.run("enrolled", "status", "begin", "prove 123456")
        #expect(replies.allSatisfy { $0.why == 8 })
        chmod(helper.store, 0o700)
        #expect(try await client.run("enrolled").first?.flag == true)
    }
}
