import Foundation
import TestSupport
import Testing

@Suite("swiftotpd: the help desk", .timeLimit(.minutes(5)))
struct HelpDeskTests {
    @Test("A helper acts without a code, or is asked for one twice within five minutes")
    func proof() async throws {
        let desk = try await HelpDesk()
        let codes = try await desk.enroll(desk.sue)
        try await desk.alice.enroll()
        let alice = "about \(desk.alice.user)"
        let before = try desk.alice.record
        let refused = try await desk.sue.run(
            alice, HelpDesk.issue, "prove 123456", HelpDesk.issue, "prove \(codes[0])",
            HelpDesk.issue, "prove", HelpDesk.unlock, "status")
        #expect(refused[0].why == "ownProofNeeded")
        #expect(refused[1].reason == "wrong")
        #expect(refused[2].change != nil && refused[3].change != nil)
        #expect(refused[4].account?.isEnrolled == true)
        #expect(try desk.alice.record != before)
        // On another connection as well; another helper's code is another matter.
        #expect(try await desk.sue.run(alice, HelpDesk.unlock)[0].change != nil)
        try await desk.enroll(desk.ted)
        #expect(try await desk.ted.run(alice, HelpDesk.unlock)[0].why == "ownProofNeeded")
        // The code is used up.
        let again = try await desk.ted.run(alice, "prove \(codes[0])", HelpDesk.unlock)
        #expect(again[0].change == nil)
    }

    @Test("A helper's code counts on after what logs the helper in has changed")
    func epoch() async throws {
        let desk = try await HelpDesk()
        let codes = try await desk.enroll(desk.sue)
        try await desk.alice.enroll()
        let alice = "about \(desk.alice.user)"
        let root = try Client.root(desk.service)
        #expect(
            try await desk.sue.run(alice, "prove \(codes[0])", HelpDesk.unlock)[0].change != nil)
        #expect(
            try await root.run("about \(desk.sue.user)", HelpDesk.issue)[0].change != nil)
        #expect(try await desk.sue.run(alice, HelpDesk.unlock)[0].why == "ownProofNeeded")
        try await root.run("about \(desk.sue.user)", HelpDesk.reset)
        #expect(
            try await desk.sue.run(alice, "prove \(codes[1])", HelpDesk.unlock)[0].why
                == "helperNotEnrolled")
    }

    @Test("A code that root has issued for a helper lets the helper act")
    func temporaryCode() async throws {
        let desk = try await HelpDesk()
        try await desk.enroll(desk.sue)
        try await desk.alice.enroll()
        let issued = try await Client.root(desk.service).run(
            "about \(desk.sue.user)", HelpDesk.issue)
        let code = try #require(issued[0].change?.temporaryCode)
        let reply = try await desk.sue.run(
            "about \(desk.alice.user)", "prove \(code)", HelpDesk.unlock)
        #expect(reply[0].reason == "malformed")
    }

    @Test("A helper acts more often than helpdesk_daily says, or refused acts count")
    func limit() async throws {
        let desk = try await HelpDesk("helpdesk_daily = 3")
        let codes = try await desk.enroll(desk.sue)
        try await desk.alice.enroll()
        // There is no temporary code, so nothing is done.
        let revoke = #"request {"revokeIssued":{}}"#
        let replies = try await desk.sue.run(
            "about \(desk.alice.user)", "prove \(codes[0])", revoke, revoke, HelpDesk.unlock,
            HelpDesk.unlock, "status", HelpDesk.unlock, HelpDesk.unlock, HelpDesk.log)
        #expect(replies[0].why == "noTemporaryCode" && replies[1].why == "noTemporaryCode")
        #expect(replies[2...5].allSatisfy { $0.change != nil || $0.account != nil })
        #expect(replies[6].why == "helpDeskLimit")
        let told = try #require(replies[7].helpDesk)
        #expect(told.count == 3 && told.daily == 3 && told.acts.count == 3)
        // Another helper's acts are not shown to this one, and all of them are to root.
        let teds = try await desk.enroll(desk.ted)
        let others = try await desk.ted.run(
            "about \(desk.alice.user)", "prove \(teds[0])", HelpDesk.reset, HelpDesk.log)
        let own = try #require(others[1].helpDesk)
        #expect(own.acts.map(\.act) == ["reset"] && own.acts.map(\.helper) == [desk.ted.user])
        let all = try await Client.root(desk.service).run(HelpDesk.log)
        #expect(all[0].helpDesk?.acts.map(\.act) == ["reset", "unlocked", "unlocked", "unlocked"])
    }

    @Test("A group that does not exist makes everybody a helper, or unprotects everybody")
    func missingGroups() async throws {
        let desk = try await HelpDesk("")
        try await desk.alice.enroll()
        for policy in [
            "helpdesk_group = nobody-has-this-group",
            "helpdesk_group = \(desk.group)\nhelpdesk_protected = nobody-has-this-group",
        ] {
            let service = try await Service(configuration: policy)
            let sue = try Client(service, desk.helper)
            let codes = try await HelpDesk.enroll(sue.user, at: service)
            let reply = try await sue.run(
                "about \(desk.alice.user)", "prove \(codes[0])", HelpDesk.unlock)
            #expect(reply[0].trouble?.code == "configuration", "\(reply)")
        }
    }

    @Test("Somebody who has left the group still helps")
    func left() async throws {
        let desk = try await HelpDesk()
        let codes = try await desk.enroll(desk.sue)
        try await desk.alice.enroll()
        let alice = "about \(desk.alice.user)"
        #expect(
            try await desk.sue.run(alice, "prove \(codes[0])", HelpDesk.unlock)[0].change != nil)
        _ = try await desk.helper.modified(["--groups", ""])
        #expect(try await desk.sue.run(alice, HelpDesk.unlock)[0].why == "rootOnly")
    }

    @Test("What a helper did is not in the user's record under the helper's name")
    func told() async throws {
        let desk = try await HelpDesk()
        let codes = try await desk.enroll(desk.sue)
        try await desk.alice.enroll()
        try await desk.sue.run("about \(desk.alice.user)", "prove \(codes[0])", HelpDesk.issue)
        let status = try await Command.output([
            Build.product("otp-enroll"), "status", desk.alice.user, "--json", "--store",
            desk.service.store,
        ])
        #expect(status.contains("temporary-code-issued"))
        #expect(status.contains("otp-enroll \(desk.sue.user)"))
    }

    @Test("Whoever has only the password of a member makes themselves a code for the help desk")
    func firstEnrollment() async throws {
        let desk = try await HelpDesk("enroll = require\nfirst_enrollment = open\n")
        let begun = try await desk.sue.run("begin")
        #expect(begun[0].why == "firstEnrollment" && begun[0].begun == nil)
        // Nor at a login.
        let replies = try await desk.sue.run("login \(desk.sue.user) sudo after_first_factor")
        #expect(replies[0].question == "Verification code: ")
        let root = try await Client.root(desk.service).run(
            "login \(desk.sue.user) sudo after_first_factor")
        #expect(root[0].question == "Verification code: ")
        #expect(try desk.sue.record.isEmpty)
        // Others enroll as before, and so does a member who gives a code.
        try await desk.alice.enroll()
        let codes = try await desk.enroll(desk.sue)
        let second = try await desk.sue.run("begin tablet proof \(codes[0])", "confirm =")
        #expect(second[1].change != nil)
    }

    @Test("A list shows a protected user to a helper who asks under another name, or none")
    func otherNames() async throws {
        let desk = try await HelpDesk()
        let codes = try await desk.enroll(desk.sue)
        for client in [desk.alice, desk.chief] { try await client.enroll() }
        let uid = try Account.numbers(of: desk.chief.user).uid
        for names in ["", #","\#(desk.alice.user)""#, #","no-such-user""#] {
            let rows = #"{"rows":{"of":[[\#(uid)\#(names)]]}}"#
            let reply = try await desk.sue.run("prove \(codes[0])", "request \(rows)")
            #expect(reply[0].rows?.map(\.count) == [1], "\(names)")
        }
    }

    @Test("Acts on a record that cannot be read count, or replace it")
    func unreadable() async throws {
        let desk = try await HelpDesk()
        let codes = try await desk.enroll(desk.sue)
        try await desk.alice.enroll()
        let file = URL(fileURLWithPath: try desk.alice.recordFile)
        var bytes = try Data(contentsOf: file)
        for index in 200..<bytes.count { bytes[index] ^= 1 }
        try bytes.write(to: file)
        chmod(file.path, 0o600)
        let replies = try await desk.sue.run(
            "about \(desk.alice.user)", "prove \(codes[0])", HelpDesk.unlock, HelpDesk.reset,
            HelpDesk.log)
        #expect(replies[0].trouble?.code == "damaged" && replies[1].trouble?.code == "damaged")
        #expect(replies[2].helpDesk?.acts.isEmpty == true)
        #expect(try Data(contentsOf: file) == bytes)
    }
}
