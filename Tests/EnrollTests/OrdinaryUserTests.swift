import Foundation
import TestSupport
import Testing

/// Unprivileged users manage their own second factor through swiftotpd.
@Suite struct OrdinaryUserTests {
    @Test func enrollScanAndConfirm() async throws {
        let citizen = try await Citizen()
        let screen = try await citizen.screen("add", "--name", "my phone", "--issuer", "web1")
        try await screen.wait(for: "Code shown by the app:")
        let phone = try await screen.phone()
        #expect(phone.issuer == "web1" && phone.label == "web1:\(citizen.account.name)")
        // The key to type is the one in the picture.
        #expect(try await screen.text().typedKey == phone.secret)
        #expect(try await citizen.record() == nil)
        try await screen.type(try await phone.wrongCode())
        try await screen.wait(for: "not a code for this key")
        try await phone.settle()
        let code = try await phone.code()
        try await screen.type(code)
        let codes = try await screen.backupCodes()
        #expect(try await screen.finish() == 0)
        let history = try await screen.history()
        #expect(history.contains("\(citizen.account.name) is enrolled: \"my phone\" works."))
        #expect(history.typedKey == nil && !history.contains(phone.secret))

        // The confirming code is burned, for root as well; a backup code works.
        let again = try await citizen.run("verify", input: code)
        #expect(again.errors.contains("this code, or a later one, was already used"))
        #expect(try await citizen.run("verify", input: codes[3]).status == 0)
        #expect(try await citizen.json("status")["backup_codes_left"] as? Int == 9)
        #expect(try await citizen.names() == ["my phone"])
        try await citizen.waitForQuiet()
    }

    /// The service determines what apps show, so that it is the same at a login.
    @Test func theIssuerIsThatOfTheService() async throws {
        let citizen = try await Citizen(policy: "issuer = Example Corp, Köln\n")
        let screen = try await citizen.screen("add")
        try await screen.wait(for: "Code shown by the app:")
        let phone = try await screen.phone()
        #expect(phone.label == "Example Corp, Köln:\(citizen.account.name)")
    }

    /// Whatever logs in proves identity: a code, a backup code, a temporary code.
    @Test(arguments: ["code", "backup code", "temporary code"])
    func whatLogsInAlsoDisables(proof: String) async throws {
        let citizen = try await Citizen()
        let (phone, codes) = try await citizen.enroll()
        var answer = codes[3]
        if proof == "code" {
            try await phone.settle()
            answer = try await phone.code()
        }
        if proof == "temporary code" {
            let issued = try await citizen.root("issue", citizen.account.name, "--json")
            answer = try #require(
                issued.output.firstMatch(of: #/"code": "(T[0-9A-Z-]{13})"/#)?.output.1
            ).description
        }
        for wrong in ["", "000000", Desk.wrongCode] {
            let refused = try await citizen.run("disable", input: wrong + "\n")
            #expect(refused.status == 1 && refused.errors.hasPrefix("otp-enroll: "))
        }
        let done = try await citizen.run("disable", input: answer + "\n")
        #expect(done.status == 0, "\(done.errors)")
        #expect(try await citizen.names().isEmpty)
    }

    /// Though they cannot read swiftotp.conf, and start no mailer.
    @Test func changesAreToldByMail() async throws {
        _ = try await Messenger.shared()
        let quiet = try await Citizen()
        let quietCodes = try await quiet.enroll().codes
        _ = try await quiet.json("codes", input: quietCodes[0])
        let citizen = try await Citizen(policy: "notify = mail\n")
        let codes = try await citizen.enroll().codes
        _ = try await citizen.enroll("--name", "tablet")
        let told = try await citizen.run("remove", "tablet", input: codes[0])
        #expect(told.status == 0 && told.errors.isEmpty, "\(told.errors)")
        #expect(try MailRoom.messages(of: quiet.account).isEmpty)
        let removal = "The authenticator \"tablet\" was removed"
        let mails = try await patiently("a mail about the removal", within: .seconds(30)) {
            let found = try MailRoom.messages(of: citizen.account)
                .filter { $0.body.contains(removal) }
            return found.isEmpty ? nil : found
        }
        #expect(mails.count == 1 && mails[0].body.contains("If this was not you"))
        #expect(mails[0].header("Subject")?.hasSuffix(": a change to how you log in") == true)
    }

    /// A configuration that users cannot read, and the socket at its usual place.
    @Test func theUsualPlaces() async throws {
        let citizen = try await Citizen()
        let (_, codes) = try await citizen.enroll()
        let scratch = try Scratch()
        let security = scratch.file("security")
        try await Command.output(["cp", "-a", "/etc/security", security])
        try scratch.write("window = 3\n", to: "security/swiftotp.conf", mode: 0o600)
        let run = (citizen.service.socket as NSString).deletingLastPathComponent
        try await Command.output(["mkdir", "-p", "/run/swiftotp"])
        let script = #"""
            mount --bind "$0" /etc/security && mount --bind "$1" /run/swiftotp && shift && exec "$@"
            """#
        let status = try await Command.run(
            ["unshare", "--mount", "sh", "-c", script, security, run] + citizen.bare(["status"]))
        #expect(status.output.hasPrefix("\(citizen.account.name) is enrolled.\n"))
        // The service knows whether trusted keys count.
        try citizen.trust("laptop")
        let trusted = try await Command.run(
            ["unshare", "--mount", "sh", "-c", script, security, run]
                + citizen.bare(["trusted", "--json"]))
        #expect(trusted.output.contains("\"active\": false"), "\(trusted.errors)")
        let verified = try await Command.run(
            ["unshare", "--mount", "sh", "-c", script, security, run] + citizen.bare(["verify"]),
            input: codes[0])
        #expect(verified.status == 0, "\(verified.errors)")
    }
}
