import Foundation
import OTPCore
import OTPStore
import TestSupport
import Testing

/// `report`: what an admin should know each week.
@Suite("otp-enroll: the report to admins")
struct ReportTests {
    let desk: Desk

    init() throws {
        try Build.requireGround()
        desk = try Desk()
    }

    /// The lines of a part of the text, without its heading.
    private func part(_ title: String, of text: String) throws -> String {
        let parts = text.components(separatedBy: "\n\n").filter { $0.hasPrefix(title + ": ") }
        try #require(parts.count == 1, "\(title): \(text)")
        return parts[0]
    }

    private func names(_ key: String, _ report: [String: Any]) throws -> [String] {
        try #require(report[key] as? [String], "\(key)")
    }

    @Test("Somebody who needs attention is missing, or is in the wrong part, or a line is too long")
    func parts() async throws {
        let (alice, bob) = (try await Account.make("alice"), try await Account.make("bob"))
        let (carol, dave) = (try await Account.make("carol"), try await Account.make("dave"))
        let erin = try await Account.make("erin")
        for account in [alice, carol] { try await desk.enroll(account.name) }
        try desk.fail(100, from: "192.0.2.66", of: try carol.user())
        let imported = try await desk.run(
            "import", "--from", "users.oath", "--allow-short-keys", "-",
            input: "HOTP/T30 \(dave.name) - \(try Token.random(bytes: 10).hex)\n")
        #expect(imported.status == 0, "\(imported.errors)")
        _ = try await desk.json("issue", erin.name)

        let report = try await desk.json("report")
        let missing = try names("not_enrolled", report)
        #expect(missing.contains(bob.name) && missing.contains("root"))
        #expect(!missing.contains(alice.name) && !missing.contains("daemon"))
        for (key, names) in [
            ("closed", [carol.name]), ("locked_out", []), ("without_backup_codes", [dave.name]),
            ("short_keys", [dave.name]),
        ] { #expect(try self.names(key, report) == names, "\(key)") }
        let codes = try #require(report["temporary_codes"] as? [[String: Any]])
        #expect(codes.map { $0["user"] as? String } == [erin.name])
        #expect(report["enrolled"] as? Int == 4 && report["users"] as? Int ?? 0 >= 6)
        #expect((report["useless_records"] as? [Any])?.isEmpty == true)
        #expect((report["helpdesk_acts"] as? [Any])?.isEmpty == true)

        let text = try await desk.run("report")
        #expect(text.status == 0 && text.errors.isEmpty, "\(text.errors)")
        #expect(text.output.hasPrefix("One-time codes on "), "\(text.output)")
        #expect(text.output.split(separator: "\n").allSatisfy { $0.count <= 80 })
        #expect(
            try part("Closed by a hundred wrong codes", of: text.output).hasPrefix(
                "Closed by a hundred wrong codes: 1 user\n    \(carol.name)\n"))
        for title in ["Without backup codes", "Keys of fewer than 128 bits"] {
            #expect(
                try part(title, of: text.output).hasPrefix("\(title): 1 user\n    \(dave.name)\n"))
        }
        #expect(
            try part("Temporary codes that still work", of: text.output)
                .contains("\n    \(erin.name), until 20"))
        #expect(!text.output.contains(alice.name) && !text.output.contains("help desk"))
    }

    @Test("A user who had only a temporary code is not reported once it has expired")
    func expired() async throws {
        let alice = try await Account.make("alice")
        _ = try await desk.json("issue", alice.name)
        let later = try await desk.run(offClock: "+25h", "report")
        let title = "Locked out: only a temporary code, which has expired"
        #expect(try part(title, of: later.output).contains("\n    \(alice.name)\n"))
        #expect(!later.output.contains("still work") && !later.output.contains("backup codes"))
    }

    @Test("A record that nobody can use is not reported, or hides what else there is")
    func uselessRecords() async throws {
        let alice = try await Account.make("alice")
        try await desk.enroll(alice.name)
        try desk.shelve(User(name: Array("gone".utf8), uid: 3_000_000_000, gid: 100))
        let title = "Records that nobody can use"
        let one = try await desk.run("report")
        #expect(one.status == 0, "\(one.errors)")
        #expect(
            try part(title, of: one.output).contains(
                "record 3000000000 was gone's, who is gone: otp-enroll forget 3000000000"))
        truncate("\(desk.store)/\(try alice.user().uid)", 1000)
        let two = try await desk.run("report")
        #expect(two.status == 1)
        #expect(two.errors.contains("its size is wrong"), "\(two.errors)")
        #expect(
            try part(title, of: two.output).contains(
                "\(alice.name): damaged: otp-enroll status \(alice.name)"))
        #expect(try part("Not enrolled", of: two.output).contains("root"))
    }

    /// Runs `report` on a machine with no other users than these.
    private func report(of users: [String], _ arguments: [String] = []) async throws -> Command {
        let lines = users.enumerated().map { index, user in
            user == "root"
                ? "root:x:0:0::/root:/bin/sh" : "\(user):x:\(20000 + index):100::/nowhere:/bin/sh"
        }
        return try await desk.run(
            ["report"] + arguments, with: ["passwd": lines.joined(separator: "\n") + "\n"])
    }

    @Test("With nothing to tell, the report is more than a line")
    func nothing() async throws {
        try await desk.enroll("root")
        let done = try await report(of: ["root"])
        #expect(done.status == 0, "\(done.errors)")
        #expect(done.output.hasPrefix("Nothing to report on "), "\(done.output)")
        #expect(done.output.hasSuffix(": 1 user, all enrolled.\n"))
        #expect(done.output.filter { $0 == "\n" }.count == 1)
    }

    @Test("A member of exempt_group, who is asked for no code, is reported as not enrolled")
    func exempt() async throws {
        let group = "crew\(UInt32.random(in: 0...UInt32.max))"
        try await Account.group(group)
        let robot = try await Account.make("robot", groups: [group])
        let alice = try await Account.make("alice", groups: [group])
        try await desk.enroll(alice.name)
        let file = try desk.scratch.write(
            "exempt_group = \(group)\n", to: "swiftotp.conf", mode: 0o644)
        let report = try await desk.json("report", "--config", file)
        #expect(try names("exempt", report) == [robot.name])
        #expect(try !names("not_enrolled", report).contains(robot.name))
        #expect(report["enrolled"] as? Int == 1)
        let text = try await desk.run("report", "--config", file).output
        #expect(text.contains(#/^.* \d+ users enrolled, 1 exempt\.\n/#), "\(text)")
    }

    @Test("Many or long names make the report long, or are cut out of the JSON as well")
    func manyUsers() async throws {
        let users = ["root"] + (0..<300).map { "user\($0)" } + [String(repeating: "x", count: 200)]
        let done = try await report(of: users)
        #expect(done.status == 0, "\(done.errors)")
        let told = try part("Not enrolled", of: done.output)
        #expect(told.hasPrefix("Not enrolled: 302 users\n    root, user0, "))
        #expect(told.contains(#/\sand\s+282\s+more\n/#), "\(told)")
        #expect(told.hasSuffix("; all: otp-enroll list --not-enrolled\n"))
        #expect(done.output.split(separator: "\n").allSatisfy { $0.count <= 80 })
        let json = try await report(of: users, ["--json"])
        let object = try Citizen.object(json.output)
        #expect(try names("not_enrolled", object) == users)
    }

    @Test("The mail does not arrive, is not the report, or its headers are others")
    func mail() async throws {
        _ = try await Messenger.shared()
        let admin = try await Account.make("admin")
        let done = try await desk.run("report", "--mail", admin.name)
        #expect(done.status == 0, "\(done.errors)")
        #expect(done.output == "The report was sent to \(admin.name).\n")
        let message = try #require(
            try await MailRoom.messages(of: admin, count: 1).first as MailRoom.Message?)
        #expect(message.header("To") == admin.name)
        #expect(message.header("Auto-Submitted") == "auto-generated")
        #expect(message.header("Subject")?.hasSuffix(": report on one-time codes") == true)
        #expect(message.body.hasPrefix("One-time codes on "), "\(message.body)")
        #expect(message.body.contains(#/\nNot enrolled: \d+ users\n {4}root, /#))
        #expect(message.body.split(separator: "\n").allSatisfy { $0.count <= 80 })
    }

    @Test("Without the messenger, the report is lost, or it is said to be sent")
    func deadMessenger() async throws {
        let script = #"mount -t tmpfs none /run/swiftotp-messenger && exec "$@""#
        _ = try await Messenger.shared()
        let done = try await Command.run(
            ["unshare", "-m", "sh", "-c", script, "sh"]
                + desk.words(["report", "--mail", "root"]))
        #expect(done.status == 1)
        #expect(
            done.errors == """
                otp-enroll: no mail can be sent: swiftotp-messenger is not listening
                hint: the report is shown instead; swiftotp-messenger(8) sends the mails

                """, "\(done.errors)")
        #expect(done.output.hasPrefix("One-time codes on ") && !done.output.contains("was sent"))
    }

    @Test("The report goes to what is no address, or takes options that make no sense together")
    func usage() async throws {
        for (words, complaint) in [
            (["--mail", "root,alice"], "use a name of this machine"),
            (["--mail", "root", "--json"], "--mail sends a text: it takes no --json"),
            (["--mail"], "--mail"), (["alice"], "alice"),
        ] {
            let done = try await Command.run(desk.words(["report"] + words))
            #expect(done.status == 64 && done.output.isEmpty, "\(words)")
            #expect(done.errors.contains(complaint), "\(done.errors)")
        }
    }

    @Test("Somebody other than root gets a report")
    func others() async throws {
        let citizen = try await Citizen()
        for words in [["report"], ["report", "--mail", citizen.account.name]] {
            let done = try await Command.run(citizen.words(words))
            #expect(done.status == 1 && done.output.isEmpty)
            #expect(done.errors.hasPrefix("otp-enroll: only root can open "), "\(done.errors)")
        }
    }
}
