import Foundation
import TestSupport
import Testing

/// `import --from google-authenticator`, with files made by the real program, and with others that
/// may lie in their place.
@Suite struct GoogleImportTests {
    let desk: Desk
    static let google = ["--from", "google-authenticator"]

    init() throws { desk = try Desk() }

    /// A user who made the file with the real program, and the phone that scanned it.
    private func user(
        _ options: String...
    ) async throws -> (account: Account, file: String, phone: Phone) {
        let account = try await Account.make("import")
        let words = ["google-authenticator", "-t", "-f", "-q", "-C", "-w", "3"] + options
        try await Command.output(account.running(words))
        let file = "/home/\(account.name)/.google_authenticator"
        let text = try String(contentsOfFile: file, encoding: .utf8)
        let secret = try #require(text.split(separator: "\n").first)
        return (account, file, try Phone(scanning: "otpauth://totp/x:y?secret=\(secret)"))
    }

    private func uid(_ account: Account) async throws -> UInt32 {
        let text = try await Command.output(["id", "-u", account.name])
        return try #require(UInt32(text.trimmingCharacters(in: .whitespacesAndNewlines)))
    }

    @Test func theCodeThatThePhoneShowsIsAccepted() async throws {
        let (account, file, phone) = try await user("-d", "-r", "3", "-R", "30")
        let wish = Self.google + ["--user", account.name]
        let rehearsed = try await desk.report(wish + ["--dry-run"])
        #expect(rehearsed.isRehearsal)
        #expect(try rehearsed.result(account.name) == "would be imported")
        #expect(!FileManager.default.fileExists(atPath: desk.store))

        let before = try String(contentsOfFile: file, encoding: .utf8)
        let done = try await desk.run(
            "import", "--from", "google-authenticator", "--user", account.name)
        #expect(done.status == 0, "\(done.errors)")
        #expect(done.output.contains("5 scratch codes left behind"), "\(done.output)")
        #expect(done.output.hasSuffix("1 of 1 are here.\n"), "\(done.output)")
        #expect(try String(contentsOfFile: file, encoding: .utf8) == before)
        for secret in [phone.secret] + before.split(separator: "\n").suffix(5).map(String.init) {
            #expect(!done.output.contains(secret))
        }
        try await phone.settle()
        #expect(try await desk.verify(try await phone.code(), of: account.name) == (true, "code"))
        // An old scratch code is not valid here.
        let scratch = try #require(before.split(separator: "\n").last)
        #expect(try await desk.verify(String(scratch), of: account.name).0 == false)

        // The second time there is nothing new.
        let uid = try await uid(account)
        let record = desk.record(of: uid)
        let second = try await desk.report(wish)
        #expect(try second.result(account.name) == "already here")
        #expect(try second.row(account.name)["imported"] as? Bool == true)
        #expect(desk.record(of: uid) == record)
    }

    @Test func aCodeThatWasUsedThereStaysUsed() async throws {
        let (account, file, phone) = try await user("-d", "-u")
        try await phone.settle(for: 15)
        let step = Int(Date().timeIntervalSince1970) / 30
        let text = try String(contentsOfFile: file, encoding: .utf8)
        #expect(text.contains("\" DISALLOW_REUSE\n"))
        try await Command.output(
            account.running([
                "sed", "-i", "s/DISALLOW_REUSE.*/DISALLOW_REUSE \(step - 1) \(step)/", file,
            ]))
        _ = try await desk.report(Self.google + ["--user", account.name])
        for steps in [0, -1] {
            let code = try await phone.code(steps: steps)
            #expect(try await desk.verify(code, of: account.name) == (false, "replayed"))
        }
        let next = try await phone.code(steps: 1)
        #expect(try await desk.verify(next, of: account.name) == (true, "code"))
    }

    @Test func everybodyIsImportedAndNoTrapSprings() async throws {
        let log = try SystemLog.shared()
        let good = [
            try await user("-d", "-u"), try await user("-D", "-u", "-S", "60"),
            try await user("-d", "-u"),
        ]
        // Every way to set such a trap is in ForeignFileTests.
        let bad = try await Account.make("trap")
        let link = "/home/\(bad.name)/.google_authenticator"
        #expect(symlink("/etc/shadow", link) == 0)
        try await Command.output(["chown", "-h", bad.name, link])
        let homeless = try await Account.make("homeless")
        try FileManager.default.removeItem(atPath: "/home/\(homeless.name)")

        let words = try desk.words(["import", "--json", "--all"] + Self.google)
        let done = try await Command.run(words, within: .seconds(30))
        #expect(done.status == 1)
        #expect(!done.output.contains("\\u001b") && !done.output.contains("$y$"))
        #expect(done.output.unicodeScalars.allSatisfy { $0.value >= 32 || $0 == "\n" })
        let told = try ImportReport(reading: done.output)
        for (account, _, _) in good { #expect(try told.result(account.name) == "imported") }
        #expect(told.problems.count { $0.hasPrefix(bad.name + ": ") } == 1, "\(told.problems)")
        #expect(!told.rows.contains { $0["user"] as? String == bad.name })
        #expect(desk.record(of: try await uid(bad)) == nil)
        #expect(!told.problems.contains { $0.contains(homeless.name) })
        for (account, _, phone) in [good[0], good[2]] {
            try await phone.settle()
            let code = try await phone.code()
            #expect(try await desk.verify(code, of: account.name) == (true, "code"))
        }
        let slow = try Phone(
            scanning: "otpauth://totp/x:y?secret=\(good[1].phone.secret)&period=60")
        try await slow.settle()
        let code = try await slow.code()
        #expect(try await desk.verify(code, of: good[1].account.name) == (true, "code"))
        // One line for each imported user, and none about the others.
        for (account, _, _) in good {
            _ = try await log.line(containing: "authenticator imported; ", "user=\(account.name)")
        }
        #expect(log.lines(containing: "user=\(bad.name)").isEmpty)
    }
}
