import Foundation
import TestSupport
import Testing

/// `import` for a user who is already enrolled. A file in a home is under the control of anybody
/// with that user's shell.
@Suite struct ImportAgainTests {
    let desk: Desk
    static let google = ["--from", "google-authenticator"]

    init() throws { desk = try Desk() }

    /// A user whose home has a file from the real program, and the phone for it.
    private func guest() async throws -> (account: Account, phone: Phone) {
        let account = try await Account.make("again")
        return (account, try await newFile(of: account))
    }

    /// Makes a new file as the user, or as anybody with the user's shell.
    private func newFile(of account: Account) async throws -> Phone {
        let words = ["google-authenticator", "-t", "-f", "-q", "-C", "-w", "3", "-d", "-u"]
        try await Command.output(account.running(words))
        let file = "/home/\(account.name)/.google_authenticator"
        let text = try String(contentsOfFile: file, encoding: .utf8)
        let secret = try #require(text.split(separator: "\n").first)
        let phone = try Phone(scanning: "otpauth://totp/x:y?secret=\(secret)")
        try await phone.settle()
        return phone
    }

    /// Other tests' homes may contain traps, so the exit status is theirs.
    private func everybody(_ arguments: [String] = []) async throws -> ImportReport {
        let done = try await Command.run(
            desk.words(["import", "--json", "--all"] + Self.google + arguments),
            within: .seconds(60))
        return try ImportReport(reading: done.output)
    }

    private func names(_ account: Account) async throws -> [String] {
        let status = try await desk.json("status", account.name)
        let list = try #require(status["authenticators"] as? [[String: Any]])
        return list.compactMap { $0["name"] as? String }
    }

    @Test("`--all`, run again, gives an enrolled user's shell a second device")
    func all() async throws {
        let (account, phone) = try await guest()
        #expect(try await everybody().result(account.name) == "imported")
        #expect(try await everybody().result(account.name) == "already here")
        let code = try await phone.code()
        #expect(try await desk.verify(code, of: account.name) == (true, "code"))

        let thief = try await newFile(of: account)
        let uid = try Account.numbers(of: account.name).uid
        let before = desk.record(of: uid)
        for words in [["--dry-run"], []] {
            let told = try await everybody(words).row(account.name)
            #expect(told["result"] as? String == "enrolled already, skipped")
            #expect(told["skipped"] as? Bool == true && told["imported"] as? Bool == false)
        }
        #expect(desk.record(of: uid) == before)
        #expect(try await desk.verify(try await thief.code(), of: account.name).0 == false)

        // It does not enroll a user whom root has just reset either.
        _ = try await desk.json("reset", account.name)
        #expect(try await everybody().result(account.name) == "was enrolled before, skipped")
        #expect(try await names(account).isEmpty)
    }

    @Test("Skipped users are not reported, or count as failures")
    func words() async throws {
        let (account, _) = try await guest()
        let file = try desk.scratch.write(
            "HOTP/T30 \(account.name) - \(try Token.random().hex)\n", to: "users.oath")
        try await desk.enroll(account.name)
        let done = try await desk.run("import", "--from", "users.oath", file)
        #expect(done.status == 0, "\(done.errors)")
        #expect(done.output.contains("enrolled already, skipped"), "\(done.output)")
        #expect(done.output.contains("--user adds to one of them"))
        #expect(done.output.hasSuffix("0 of 0 are here. 1 skipped.\n"), "\(done.output)")
    }

    @Test("`--user` adds without saying to what, or makes a used code good again")
    func user() async throws {
        let account = try await Account.make("again")
        let (first, _) = try await desk.enroll(account.name)
        try await first.settle()
        let used = try await first.code()
        #expect(try await desk.verify(used, of: account.name) == (true, "code"))
        let second = try await newFile(of: account)
        let told = try await desk.report(Self.google + ["--user", account.name]).row(account.name)
        #expect(told["result"] as? String == "imported" && told["skipped"] as? Bool == false)
        #expect(told["adds_to"] as? [String] == ["phone"])
        #expect(try await names(account) == ["phone", "phone-2"])
        #expect(try await desk.verify(used, of: account.name) == (false, "replayed"))
        let code = try await second.code()
        #expect(try await desk.verify(code, of: account.name) == (true, "code"))
        // What was used stays used, even if it is removed and added again.
        _ = try await desk.run("remove", "--yes", account.name, "phone-2")
        let words = Self.google + ["--user", account.name]
        let again = try await Command.run(desk.words(["import"] + words))
        #expect(again.output.contains("imported, beside phone"), "\(again.output)")
        #expect(try await desk.verify(code, of: account.name) == (false, "replayed"))
    }

    @Test("Two tokens of one user in one file: the second is left out")
    func two() async throws {
        let lines = try (0..<2).map { _ in "HOTP/T30 daemon - \(try Token.random().hex)\n" }
        let file = try desk.scratch.write(lines.joined(), to: "users.oath")
        for words in [["--dry-run"], []] {
            let told = try await desk.report(["--from", "users.oath", file] + words)
            #expect(told.rows.allSatisfy { $0["imported"] as? Bool == true }, "\(told.rows)")
        }
    }

    /// A delivery's file stays unchanged, whatever has happened since.
    @Test("A map, used again, restores a token that was lost, or adds one to a phone")
    func map() async throws {
        let (lost, spare) = (try Token.random(), try Token.random())
        let map = try desk.scratch.write("HARD1 daemon\nHARD2 bin\nHARD3 daemon\n", to: "map")
        let csv = """
            HARD1, \(lost.hex), hotp, 6, 0
            HARD2, \(try Token.random().hex), hotp, 6, 0
            HARD3, \(spare.hex), hotp, 6, 0

            """
        let words = ["--from", "privacyidea-csv", "--map", map, "-"]
        #expect(try await desk.report(words, input: csv).rows.count == 3)
        #expect(try await desk.run("remove", "daemon", "HARD1", "--yes").status == 0)
        let again = try await desk.report(words, input: csv)
        #expect(
            again.rows.map { $0["result"] as? String }
                == ["enrolled already, skipped", "already here", "already here"])
        let code = try await lost.token.code(0)
        #expect(try await desk.verify(code, of: "daemon").0 == false)
        let told = try await Command.run(desk.words(["import"] + words), input: csv)
        #expect(told.output.contains("--user beside --map adds to one of them"), "\(told.output)")

        // The same for a token of one user alone, by root's decision.
        let own = try await desk.report(words + ["--user", "daemon"], input: csv)
        #expect(own.rows.map { $0["result"] as? String } == ["imported", "already here"])
        #expect(own.rows[0]["adds_to"] as? [String] == ["HARD3"])
        #expect(try await desk.verify(code, of: "daemon") == (true, "code"))
        let none = try await desk.report(words + ["--user", "sys"], input: csv, status: 1)
        #expect(none.rows.isEmpty && none.problems == ["no token in the file belongs to sys"])
    }
}
