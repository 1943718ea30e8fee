import Foundation
import TestSupport
import Testing

/// What an ordinary user does, through the real program.
@Suite("swiftotpd: an ordinary user's otp-enroll")
struct SelfServiceTests {
    @Test("enrolls, looks, makes codes, adds, removes and ends it")
    func wholeLife() async throws {
        let log = try SystemLog.shared()
        let service = try await Service()
        let account = try await Account.make("citizen")
        let client = try Client(service, account)

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

        try await service.rest()
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
            #expect(found.facility == 10 && found.text.contains(" swiftotpd["))
        }
        let told = log.lines(containing: user).map(\.text).joined()
        #expect(!(codes + newCodes).contains { told.contains($0) })
    }

    @Test("has no way to say another user's name: each finds their own record")
    func nobodyElse() async throws {
        let service = try await Service()
        let alice = try Client(service, try await Account.make("alice"))
        let mallory = try Client(service, try await Account.make("mallory"))
        let codes = try await alice.enroll()
        let before = try alice.record
        let replies = try await mallory.run(
            "status", "prove \(codes[0])", "remove phone", "disable", "begin", "confirm =", "status"
        )
        #expect(replies[0].authenticators == [] && replies[1].outcome == 26)
        #expect(replies[2].why == 3 && replies[3].why == 3)
        #expect(replies[5].kind == "kept" && replies[6].authenticators == ["phone"])
        #expect(try alice.record == before)
        #expect(try mallory.record != before)
        // Root, too, is somebody with a second factor of their own.
        let root = try Client.root(service)
        #expect(try await root.run("status").first?.authenticators == [])
    }

    @Test("does what the policy leaves to users, and no more")
    func policy() async throws {
        let service = try await Service(
            configuration: "first_enrollment = at_login\nuser_may_disable = no\n")
        let client = try Client(service, try await Account.make("ruled"))
        let replies = try await client.run("begin", "disable", "status")
        #expect(replies[0].why == 2 && replies[1].why == 2 && replies[2].authenticators == [])
        #expect(try client.record.isEmpty)
    }

    @Test("hears that the configuration is in error, and the log hears which")
    func badConfiguration() async throws {
        let log = try SystemLog.shared()
        let service = try await Service(configuration: "retry = 99\n")
        let client = try Client(service, try await Account.make("puzzled"))
        let replies = try await client.run("enrolled", "reply")
        #expect(replies[0].why == 8 && replies[1].kind == "end")
        #expect(replies[0].text?.contains("99") == false)
        let line = try await log.line(containing: "cannot check; ", "user=\(client.user)")
        #expect(line.text.contains("retry") && line.severity == 2)
    }

    @Test("A store that anybody could change is not used")
    func unsafeStore() async throws {
        let service = try await Service()
        let client = try Client(service, try await Account.make("careful"))
        try await client.enroll()
        chmod(service.store, 0o777)
        let replies = try await client.run("enrolled", "status", "begin", "prove 123456")
        #expect(replies.allSatisfy { $0.why == 8 })
        chmod(service.store, 0o700)
        #expect(try await client.run("enrolled").first?.flag == true)
    }
}
