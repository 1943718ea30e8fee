import Foundation
import OTPCore
import OTPStore
import TestSupport
import Testing

/// `export`: plain keys, written to a file, and reported to every user concerned.
@Suite struct ExportTests {
    let desk: Desk

    init() throws {
        try Build.requireGround()
        desk = try Desk()
    }

    /// Exports to a new file, and returns its contents.
    private func export(
        _ arguments: String..., form: String, status: Int32 = 0,
        at location: SourceLocation = #_sourceLocation
    ) async throws -> (text: String, done: Command) {
        let file = desk.scratch.file("out.\(UInt64.random(in: 0...UInt64.max))")
        let words = ["export", "--format", form, "--output", file, "--reveal-secrets"]
        let done = try await Command.run(desk.words(words + arguments))
        #expect(done.status == status, "\(done.errors)", sourceLocation: location)
        let mode = try FileManager.default.attributesOfItem(atPath: file)[.posixPermissions]
        #expect(mode as? Int == 0o600, sourceLocation: location)
        return (try String(contentsOfFile: file, encoding: .utf8), done)
    }

    @Test func urisShowTheSameCodes() async throws {
        let (alice, bob) = (try await Account.make("alice"), try await Account.make("bob"))
        let phone = try await desk.enroll(alice.name).phone
        let tablet = try await desk.enroll(
            bob.name, "--name", "tablet", "--algorithm", "SHA512", "--digits", "8", "--period", "60"
        ).phone
        let (text, done) = try await export(form: "otpauth")
        #expect(!done.output.contains(phone.secret) && done.errors.isEmpty)
        let lines = text.split(separator: "\n")
        let found = try lines.map { try Phone(scanning: String($0)) }
        #expect(found.count == 2)
        for (before, account) in [(phone, alice), (tablet, bob)] {
            let after = try #require(found.first { $0.label.hasSuffix(":\(account.name)") })
            for moment in [1_790_000_000, 1_893_456_000] {
                #expect(try await after.code(at: moment) == (try await before.code(at: moment)))
            }
        }
        let one = try await export(alice.name, form: "otpauth").text
        #expect(one.split(separator: "\n").count == 1 && one.contains(phone.secret))
    }

    @Test func pamOathTakesTheFile() async throws {
        let alice = try await Account.make("alice")
        let phone = try await desk.enroll(alice.name, "--digits", "8").phone
        try await phone.settle(for: 20)
        let used = try await phone.code()
        _ = try await desk.json("verify", alice.name, input: used)
        let (text, _) = try await export(form: "users.oath")
        let users = try desk.scratch.write(text, to: "users.oath")
        let service = """
            auth requisite pam_oath.so usersfile=\(users) window=10 digits=8
            account required pam_permit.so
            """
        let folder = try desk.scratch.folder("pam.d", mode: 0o755)
        try desk.scratch.write(service + "\n", to: "pam.d/oath", mode: 0o644)
        func login(_ code: String) async throws -> String {
            let commands = [
                "confdir \(folder)", "service oath", "user \(alice.name)",
                "answer \(code)", "go authenticate", "",
            ]
            return try await Command.output(
                [try Build.product("pam-dialogue")], input: commands.joined(separator: "\n"))
        }
        // A code that was used here counts as used there too; the next one logs in.
        #expect(try await !login(used).contains("PAM_SUCCESS"))
        #expect(try await login(try await phone.code(steps: 1)).contains("\"PAM_SUCCESS\""))
    }

    @Test func ourFormHoldsAllThatThereIs() async throws {
        let (alice, bob) = (try await Account.make("alice"), try await Account.make("bob"))
        try desk.shelve(alice.user()) {
            $0.drift = -3
            $0.nextStep = 59_000_000
        }
        try desk.shelve(bob.user()) {
            $0.kind = .hotp
            $0.nextStep = 17
        }
        let (text, _) = try await export(form: "json")
        let told = try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any]
        #expect(told?["swiftotp_export"] as? Int == 1)
        let users = try #require(told?["users"] as? [[String: Any]])
        #expect(users.map { $0["user"] as? String } == [alice.name, bob.name])
        let apps = users.compactMap { ($0["authenticators"] as? [[String: Any]])?.first }
        #expect(apps.count == 2)
        for app in apps {
            #expect(
                Set(app.keys) == [
                    "name", "kind", "algorithm", "digits", "period", "counter", "next_step",
                    "drift", "secret",
                ])
            #expect((app["secret"] as? String)?.wholeMatch(of: #/[A-Z2-7]{32}/#) != nil)
        }
        #expect(apps[0]["drift"] as? Int == -3 && apps[0]["next_step"] as? Int == 59_000_000)
        #expect(apps[0]["counter"] is NSNull && apps[0]["period"] as? Int == 30)
        #expect(apps[1]["kind"] as? String == "hotp" && apps[1]["counter"] as? Int == 17)
        #expect(apps[1]["next_step"] is NSNull && apps[1]["period"] is NSNull)
    }

    @Test func whatAFormCannotHoldIsListed() async throws {
        let (alice, bob) = (try await Account.make("alice"), try await Account.make("bob"))
        let phone = try await desk.enroll(alice.name).phone
        try await desk.enroll(alice.name, "--name", "tablet", "--algorithm", "SHA256")
        try await desk.enroll(bob.name, "--period", "45")
        let (text, done) = try await export(form: "users.oath", status: 1)
        let fields = text.split(separator: "\n").map { $0.split(separator: "\t") }
        #expect(fields.count == 1 && fields[0][1] == alice.name)
        let code = try await Command.output(
            ["oathtool", "--totp", "--now=@1790000000", "-"], input: "\(fields[0][3])\n")
        #expect(code == (try await phone.code(at: 1_790_000_000)) + "\n")
        let notes = done.errors.split(separator: "\n")
        let reasons = ["SHA256", "steps of 30 and 60 seconds only"]
        #expect(notes.count == 3, "\(notes)")
        #expect(notes[0].hasPrefix("otp-enroll: \(alice.name): \"tablet\" is left out: "))
        #expect(notes[1].hasPrefix("otp-enroll: \(bob.name): \"phone\" is left out: "))
        #expect(zip(notes, reasons).allSatisfy { $0.contains($1) })
        #expect(notes[2].hasSuffix(" does not contain everything"))
        // Users who are not in the file are not notified.
        #expect(try await desk.events(alice.name).first == "exported")
        #expect(try await desk.events(bob.name) == ["added"])
        let told = try await export("--json", form: "users.oath", status: 1).done.output
        let object = try JSONSerialization.jsonObject(with: Data(told.utf8)) as? [String: Any]
        #expect(object?["authenticators"] as? Int == 1)
        #expect((object?["left_out"] as? [[String: Any]])?.count == 2)
    }

    @Test func aRecordThatCannotBeReadIsListed() async throws {
        let (alice, bob) = (try await Account.make("alice"), try await Account.make("bob"))
        for account in [alice, bob] { try await desk.enroll(account.name) }
        truncate("\(desk.store)/\(try alice.user().uid)", 1000)
        let (text, done) = try await export(form: "otpauth", status: 1)
        #expect(text.split(separator: "\n").count == 1 && text.contains(bob.name))
        #expect(done.errors.contains("otp-enroll: \(alice.name) is left out: its size is wrong"))
    }

    @Test func recordLogAndUserAreTold() async throws {
        let log = try SystemLog.shared()
        let alice = try await Account.make("alice")
        try await desk.enroll(alice.name)
        _ = try await export(alice.name, form: "json")
        let events = try #require(
            try await desk.json("status", alice.name)["events"] as? [[String: Any]])
        #expect(events.first?["event"] as? String == "exported")
        #expect(events.first?["detail"] as? String == "phone")
        #expect(events.first?["origin"] as? String == "otp-enroll \(Desk.person)")
        let line = try await log.line(containing: "key exported", "user=\(alice.name)")
        #expect(line.text.contains("name=\"phone\""), "\(line)")
    }

    /// An interrupted export leaves no file, and every record complete.
    @Test func anEndInTheMiddleTakesTheFileAway() async throws {
        var accounts: [Account] = []
        for _ in 1...3 { accounts.append(try await Account.make("alice")) }
        for account in accounts { try await desk.enroll(account.name) }
        let ids = try accounts.map { try $0.user().uid }.sorted()
        // Readers may go on, and writers must wait.
        let record = open("\(desk.store)/\(ids[1])", O_RDONLY | O_CLOEXEC)
        defer { close(record) }
        #expect(record >= 0 && flock(record, LOCK_SH) == 0)
        let file = desk.scratch.file("out")
        let before = desk.record(of: ids[0])
        let terminal = try Terminal(
            try desk.words([
                "export", "--format", "json", "--output", file, "--reveal-secrets",
            ]))
        _ = try await patiently("the first record") { desk.record(of: ids[0]) == before ? nil : 1 }
        #expect(FileManager.default.fileExists(atPath: file))
        try await terminal.send("\u{3}")
        try await Task.sleep(for: .milliseconds(300))
        #expect(flock(record, LOCK_UN) == 0)
        #expect(try await terminal.finish() == 1)
        let said = await terminal.transcript
        #expect(said.contains("otp-enroll: ended, and \(file) was removed again"), "\(said)")
        let match = try #require(said.firstMatch(of: #/is recorded in (\d) record/#), "\(said)")
        #expect(!FileManager.default.fileExists(atPath: file))
        var told = 0
        for account in accounts {
            told += try await desk.events(account.name).count { $0 == "exported" }
        }
        // The signal came before the second user, or while that one waited.
        #expect((1...2).contains(told) && match.1 == "\(told)")
    }
}
