import Foundation
import TestSupport
import Testing

/// People who are not root care for their own second factor, by swiftotpd.
@Suite struct OrdinaryUserTests {
    @Test func enrollScanAndConfirm() async throws {
        let citizen = try await Citizen()
        let screen = try await citizen.screen("add", "--name", "my phone", "--issuer", "web1")
        try await screen.wait(for: "Code shown by the app:")
        let phone = try await screen.phone()
        #expect(phone.issuer == "web1" && phone.label == "web1:\(citizen.account.name)")
        // The key to type is the key in the picture.
        #expect(try await screen.text().typedKey == phone.secret)
        #expect(try await citizen.record() == nil)
        try await screen.type(try await phone.wrongCode())
        try await screen.wait(for: "not the code of this key")
        try await phone.settle()
        let code = try await phone.code()
        try await screen.type(code)
        let codes = try await screen.backupCodes()
        #expect(try await screen.finish() == 0)
        let history = try await screen.history()
        #expect(history.contains("\(citizen.account.name) is enrolled: \"my phone\" works."))
        #expect(history.typedKey == nil && !history.contains(phone.secret))

        // The code that confirmed is used up, for root as well; a backup code works.
        let again = try await citizen.run("verify", input: code)
        #expect(again.errors.contains("this code, or a later one, was used already"))
        #expect(try await citizen.run("verify", input: codes[3]).status == 0)
        #expect(try await citizen.json("status")["backup_codes_left"] as? Int == 9)
        #expect(try await citizen.names() == ["my phone"])
        try await citizen.waitForQuiet()
    }

    @Test func addCodesRemoveDisable() async throws {
        let citizen = try await Citizen()
        let user = citizen.account.name
        let old = try await citizen.enroll()

        let terminal = try citizen.terminal("add", "--name", "tablet")
        try await terminal.expect(Citizen.question)
        try await terminal.type(old.codes[0])
        let tablet = try await citizen.phone(on: terminal)
        try await tablet.settle()
        try await terminal.type(try await tablet.code())
        try await terminal.expect("\(user) is enrolled: \"tablet\" works.")
        #expect(try await terminal.finish() == 0)
        #expect(
            await terminal.transcript.unwrapped.contains(
                "The backup codes are the same as before."))
        #expect(try await citizen.names() == ["phone", "tablet"])

        try await old.phone.settle()
        let made = try await citizen.json("codes", input: try await old.phone.code())
        let codes = try #require(made["backup_codes"] as? [String])
        #expect(made["user"] as? String == user && codes.count == 10)
        let stale = try await citizen.run("verify", input: old.codes[1])
        #expect(stale.status == 1)
        #expect(try await citizen.run("verify", input: codes[1]).status == 0)

        let removed = try await citizen.json("remove", "phone", input: codes[2])
        #expect(removed["removed"] as? String == "phone")
        #expect(removed["authenticators"] as? [String] == ["tablet"])
        #expect(try await citizen.names() == ["tablet"])

        let ended = try await citizen.run("disable", input: codes[3])
        #expect(ended.output == "\(user) is not enrolled any more. Delete the entry in the app.\n")
        #expect(try await citizen.json("status")["enrolled"] as? Bool == false)
        // Nobody is left to prove anything: the next one is a first enrollment again.
        let anew = try citizen.terminal("add")
        _ = try await citizen.phone(on: anew)
    }

    /// What logs in proves who one is: a code, a backup code, a temporary code.
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

    /// Who is asked at a terminal, and may still say no.
    @Test func atATerminalItAsksForTheCode() async throws {
        let citizen = try await Citizen()
        let (_, codes) = try await citizen.enroll()
        let no = try citizen.terminal("codes")
        try await no.expect("Replace the 10 codes left? [y/N] ")
        try await no.type("n")
        #expect(try await no.finish() == 1)
        #expect(await !no.transcript.contains(Citizen.question))
        let terminal = try citizen.terminal("codes")
        try await terminal.expect("Replace the 10 codes left? [y/N] ")
        try await terminal.type("y")
        try await terminal.expect(Citizen.question)
        try await terminal.type(codes[0])
        try await terminal.expect("All older backup codes of \(citizen.account.name) have ended.")
        #expect(try await terminal.finish() == 0)
    }

    /// An authenticator as it was wished for.
    @Test(arguments: [
        (
            ["--algorithm", "SHA256", "--digits", "8", "--period", "60"],
            "totp SHA256 8 digits 60 s"
        ),
        (["--hotp", "--counter", "41"], "hotp counter 42"),
    ])
    func settingsArrive(settings: [String], shown: String) async throws {
        let citizen = try await Citizen()
        let file = "/home/\(citizen.account.name)/qr.svg"
        let terminal = try Terminal(
            citizen.words(["add", "--qr-file", file] + settings), rows: 60)
        let phone = try await citizen.phone(on: terminal)
        let svg = try FileManager.default.attributesOfItem(atPath: file)
        #expect(svg[.ownerAccountName] as? String == citizen.account.name)
        #expect(svg[.posixPermissions] as? Int == 0o600)
        let code: String
        if settings.first == "--hotp" {
            code = try await Command.output(
                ["oathtool", "--base32", "--counter=41", "-"], input: phone.secret + "\n")
        } else {
            let parameters = "&algorithm=SHA256&digits=8&period=60"
            code = try await Phone(scanning: phone.uri + parameters).code()
        }
        try await terminal.type(code.trimmingCharacters(in: .whitespacesAndNewlines))
        #expect(try await terminal.finish() == 0)
        let status = try await citizen.run("status").output
        #expect(status.contains("phone          \(shown) "), "\(status)")
    }

    /// One of the same name is replaced, but only once the new one works.
    @Test func aNameThatIsThereIsReplacedOnceConfirmed() async throws {
        let citizen = try await Citizen()
        let old = try await citizen.enroll()
        let terminal = try citizen.terminal("add", "--name", "phone")
        try await terminal.expect(Citizen.question)
        try await terminal.type(old.codes[0])
        let new = try await citizen.phone(on: terminal)
        #expect(await terminal.transcript.contains("\"phone\" of now"))
        try await new.settle(for: 10)
        #expect(try await citizen.run("verify", input: try await old.phone.code()).status == 0)
        try await terminal.type(try await new.code())
        try await terminal.expect("Delete its old entry in the app.")
        #expect(try await terminal.finish() == 0)
        #expect(try await citizen.names() == ["phone"])
        let stale = try await citizen.run("verify", input: try await old.phone.code(steps: 1))
        #expect(stale.errors.hasPrefix("otp-enroll: refused: wrong code\n"))
    }

    /// What the service finds out about the app arrives in words.
    @Test func appsThatAreOffAreRecognized() async throws {
        let citizen = try await Citizen()
        let terminal = try citizen.terminal("add", "--digits", "8")
        let phone = try await citizen.phone(on: terminal)
        try await phone.settle(for: 15)
        let six = try await phone.code()
        let knowing = try Phone(scanning: phone.uri + "&digits=8")
        try await terminal.type(try await knowing.code(steps: 4))
        try await terminal.expect("clock is 120 seconds ahead")
        try await terminal.type(try await knowing.code(steps: -7))
        try await terminal.expect("clock is about 4 minutes behind")
        try await terminal.type(six)
        try await terminal.expect("otp-enroll: the app ignored --digits 8, and")
        #expect(try await terminal.finish() == 1)
        #expect(try await citizen.record() == nil)
    }

    /// The service starts no programs: the user's own otp-enroll sends the mail.
    @Test func changesAreToldByMail() async throws {
        try MailRoom.prepare()
        let quiet = try await Citizen()
        let quietCodes = try await quiet.enroll().codes
        _ = try await quiet.json("codes", input: quietCodes[0])
        let citizen = try await Citizen(policy: "notify = mail\n")
        let codes = try await citizen.enroll().codes
        _ = try await citizen.enroll("--name", "tablet")
        let told = try await citizen.run("remove", "tablet", input: codes[0])
        #expect(told.status == 0 && told.errors.isEmpty, "\(told.errors)")
        #expect(try MailRoom.messages(of: quiet.account).isEmpty)
        let mails = try await MailRoom.messages(of: citizen.account, count: 1)
        #expect(mails.count == 1)
        #expect(mails[0].header("Subject")?.hasSuffix(": a change to how you log in") == true)
        #expect(mails[0].body.contains("tablet"))
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
