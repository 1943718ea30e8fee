import Foundation
import TestSupport
import Testing

/// What ordinary users do, through the real program.
@Suite("swiftotpd: an ordinary user's otp-enroll")
struct SelfServiceTests {
    @Test("A user cannot enroll, look, make codes, add, remove and end it")
    func wholeLife() async throws {
        let log = try SystemLog.shared()
        let service = try await Service()
        let account = try await Account.make("citizen")
        let client = try Client(service, account)

        var replies = try await client.run(
            "status", "begin", "confirm 000000", "confirm =")
        #expect(replies.map(\.kind) == ["account", "begun", "verdict", "done"])
        #expect(replies[0].account?.isEnrolled == false && replies[0].authenticators == [])
        #expect(replies[1].begun?.key.count == 32)
        #expect(replies[1].begun?.authenticator.name == "phone")
        let codes = try #require(replies[3].codes)
        #expect(Set(codes).count == 10)

        replies = try await client.run("status", "codes", "disable")
        #expect(replies[0].account?.isEnrolled == true && replies[0].authenticators == ["phone"])
        #expect(replies[1].why == "proofNeeded" && replies[2].why == "proofNeeded")

        replies = try await client.run(
            "begin tablet proof \(codes[0])", "confirm =", "remove phone proof \(codes[1])",
            "remove tablet proof \(codes[2])", "codes proof \(codes[3])")
        #expect(replies[0].begun?.authenticator.name == "tablet" && replies[1].codes == [])
        #expect(replies[2].kind == "done" && replies[3].why == "lastAuthenticator")
        let newCodes = try #require(replies[4].codes)

        replies = try await client.run(
            "disable proof \(codes[4])", "disable proof \(newCodes[1])", "status")
        #expect(replies[0].reason == "wrong" && replies[1].kind == "done")
        #expect(replies[2].authenticators == [])

        try await service.rest()
        let user = account.name
        for line in [
            "authenticator added; name=\"phone\" by=\(user) user=\(user)",
            "code accepted; reason=backup-code index=0 left=9 by=\(user) user=\(user)",
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

    @Test("A user reaches somebody else's record, or claims another caller")
    func nobodyElse() async throws {
        let log = try SystemLog.shared()
        let service = try await Service()
        let alice = try Client(service, try await Account.make("alice"))
        let mallory = try Client(service, try await Account.make("mallory"))
        let codes = try await alice.enroll()
        let before = try alice.record
        try await mallory.enroll()
        let replies = try await mallory.run(
            "status", "verify \(codes[0])", "about \(alice.user)", "status",
            "verify \(codes[0])", "codes proof \(codes[0])", "disable", "begin")
        #expect(replies[0].authenticators == ["phone"] && replies[1].reason == "wrong")
        #expect(replies[2...].allSatisfy { $0.why == "rootOnly" })
        #expect(try alice.record == before)
        let code = #"{"version":1,"by":"root","command":{"verify":{"code":"123456"}}}"#
        #expect(try await mallory.run("document \(code)")[0].outcome?.isAccepted == false)
        _ = try await log.line(containing: "by=\(mallory.user) user=\(mallory.user)")
        // Root is also a user with a second factor.
        let root = try Client.root(service)
        #expect(try await root.run("status").first?.authenticators == [])
    }

    @Test("Root cannot do what a user cannot, or the log does not say who asked for it")
    func root() async throws {
        let log = try SystemLog.shared()
        let service = try await Service()
        let client = try Client(service, try await Account.make("helped"))
        try await client.enroll()
        let root = try Client.root(service)
        let user = client.user
        let unlock = #"{"version":1,"by":"admin","user":"\#(user)","command":{"unlock":{}}}"#
        let replies = try await root.run(
            "about \(user)", "status", "document \(unlock)", #"request {"issue":{"seconds":600}}"#,
            #"request {"issue":{"seconds":864000}}"#, #"request {"revokeIssued":{}}"#,
            #"request {"revokeIssued":{}}"#, #"request {"reset":{}}"#, "status",
            "about nobody-of-this-name", "status")
        #expect(replies[0].authenticators == ["phone"])
        #expect([1, 2, 4, 6].allSatisfy { replies[$0].kind == "done" })
        #expect(replies[3].why == "validity" && replies[5].why == "noTemporaryCode")
        #expect(replies[7].account?.isEnrolled == false && replies[8].why == "unknownUser")
        _ = try await log.line(containing: "unlocked; by=admin user=\(user)")
        _ = try await log.line(containing: "second factor reset; by=root user=\(user)")
    }

    @Test("does more than the policy leaves to users, or less")
    func policy() async throws {
        let service = try await Service(
            configuration: "first_enrollment = at_login\nuser_may_disable = no\n")
        let client = try Client(service, try await Account.make("ruled"))
        let replies = try await client.run("begin", "disable", "status")
        #expect(replies[0].why == "firstEnrollment" && replies[1].why == "policy")
        #expect(replies[2].authenticators == [])
        #expect(try client.record.isEmpty)
    }

    @Test("A user is told what is wrong in a configuration, or the log is not")
    func badConfiguration() async throws {
        let log = try SystemLog.shared()
        let service = try await Service(configuration: "retry = 99\n")
        let client = try Client(service, try await Account.make("puzzled"))
        let replies = try await client.run("status")
        #expect(replies[0].trouble?.code == "configuration")
        #expect(replies[0].trouble?.detail.contains("99") == false)
        let line = try await log.line(containing: "cannot check; ", "retry")
        #expect(line.severity == 2)
    }

    @Test("A store that anybody could change is used")
    func unsafeStore() async throws {
        let service = try await Service()
        let client = try Client(service, try await Account.make("careful"))
        try await client.enroll()
        chmod(service.store, 0o777)
        let replies = try await client.run("status", "begin", "verify 123456", "codes")
        #expect(replies.allSatisfy { $0.trouble?.code == "unsafe" })
        chmod(service.store, 0o700)
        #expect(try await client.run("status").first?.account?.isEnrolled == true)
    }
}
