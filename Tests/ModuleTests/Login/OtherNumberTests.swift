import Foundation
import TestSupport
import Testing

/// Users renamed, renumbered and removed by the system's own programs, in real logins.
@Suite("Renamed, renumbered, removed: through libpam")
struct OtherNumberTests {
    private func enroll(
        _ command: [String], _ enrolled: Enrolled, input: String = "000000\n111111\n"
    ) async throws -> Command {
        try await Command.run(
            [try Build.product("otp-enroll")] + command + ["--store", enrolled.store],
            input: input)
    }

    @Test("After `usermod -u`, nullok lets a user in without a code, or `move` loses a record")
    func renumbered() async throws {
        let account = try await Account.make("number")
        let enrolled = try Enrolled(user: account.name)
        let used = enrolled.backupCodes[0]
        let nullok = try enrolled.stack("nullok")
        #expect(try await nullok.login(account.name, [used]).name == "PAM_SUCCESS")
        let old = try Account.numbers(of: account.name).uid
        _ = try await account.modified(["-u", "\(old + 30_000)"])
        for _ in 0..<2 {
            let result = try await nullok.login(account.name, ["000000"])
            #expect(result.name == "PAM_AUTHINFO_UNAVAIL" && result.prompts == 0, "\(result)")
        }
        // Without it, like any user who is not enrolled.
        let plain = try enrolled.stack("")
        let asked = try await plain.login(account.name, [enrolled.backupCodes[1]])
        #expect(asked.name == "PAM_AUTH_ERR" && asked.prompts == 1, "\(asked)")

        #expect(try await enroll(["move", "\(old)", account.name], enrolled).status == 0)
        #expect(try await nullok.login(account.name, [used]).name == "PAM_AUTH_ERR")
        let moved = try await nullok.login(account.name, [enrolled.backupCodes[1]])
        #expect(moved.name == "PAM_SUCCESS", "\(moved)")
        #expect(moved.said.contains { $0.contains("moved here from \(account.name) (\(old))") })
    }

    @Test("A command for a renumbered user finds nothing, or begins what cannot be stored")
    func commands() async throws {
        let account = try await Account.make("number")
        let enrolled = try Enrolled(user: account.name)
        let old = try Account.numbers(of: account.name).uid
        _ = try await account.modified(["-u", "\(old + 30_000)"])
        let way = "otp-enroll move \(old) \(account.name)"
        for words in [
            ["status"], ["verify"], ["resync"], ["add", "--no-confirm"], ["codes", "--yes"],
            ["issue"], ["reset", "--yes"],
        ] {
            let done = try await enroll([words[0], account.name] + words.dropFirst(), enrolled)
            #expect(done.status == 1 && done.errors.contains(way), "\(words): \(done.errors)")
            #expect(!done.output.contains("otpauth"))
        }
        let uri = "otpauth://totp/x:y?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ\n"
        let rehearsal = try await enroll(
            ["import", "--from", "otpauth", "--user", account.name, "--dry-run", "-"], enrolled,
            input: uri)
        #expect(rehearsal.status == 1 && rehearsal.output.contains(way), "\(rehearsal.output)")
    }

    @Test("Without nullok the log does not say that a user was renumbered")
    func log() async throws {
        let log = try SystemLog.shared()
        let door = ServiceAccess.resident(try await Service.shared().socket)
        let account = try await Account.make("number")
        let enrolled = try Enrolled(user: account.name)
        let stack = try Stack(enrolled.scratch, "store=\(enrolled.store)", door: door)
        #expect(try await stack.login(account.name, ["000000"]).name == "PAM_AUTH_ERR")
        let old = try Account.numbers(of: account.name).uid
        _ = try await account.modified(["-u", "\(old + 30_000)"])
        #expect(try await stack.login(account.name, ["000000"]).name == "PAM_AUTH_ERR")
        let line = try await log.line(containing: "record of another number", account.name)
        #expect(line.text.contains("pam_swiftotp(login:auth): "), "\(line)")
        let words = "/\(old): it is \(account.name)'s, who is \(old + 30_000) now"
        #expect(line.text.contains(words), "\(line)")
        #expect(line.text.contains("otp-enroll move \(old) \(account.name)"), "\(line)")
        // It belongs to no other user, and works once.
        #expect(try await stack.login("bin", ["000000"]).name == "PAM_AUTH_ERR")
        #expect(log.lines(containing: "record of another number", account.name).count == 1)
    }

    @Test("After `usermod -l`, the user's old code is refused for good")
    func renamed() async throws {
        let account = try await Account.make("name")
        let enrolled = try Enrolled(user: account.name)
        let new = try await account.modified(
            ["-l", "other" + account.name], name: "other" + account.name)
        let stack = try enrolled.stack("nullok")
        let before = try await stack.login(new.name, [enrolled.backupCodes[0]])
        #expect(before.name == "PAM_AUTHINFO_UNAVAIL", "\(before)")
        #expect(try await enroll(["move", account.name, new.name], enrolled).status == 0)
        let after = try await stack.login(new.name, [enrolled.backupCodes[0]])
        #expect(after.name == "PAM_SUCCESS", "\(after)")
        #expect(try await stack.login(new.name, [enrolled.backupCodes[0]]).name == "PAM_AUTH_ERR")
    }

    @Test("After `userdel`, a new user with that name or UID gets in with the old record")
    func removed() async throws {
        let account = try await Account.make("gone")
        let enrolled = try Enrolled(user: account.name)
        let uid = try Account.numbers(of: account.name).uid
        try await account.remove()
        let heir = try await Account.make("heir")
        _ = try await heir.modified(["-u", "\(uid)"])
        let stack = try enrolled.stack("nullok")
        let result = try await stack.login(heir.name, [enrolled.backupCodes[0]])
        #expect(result.name == "PAM_AUTHINFO_UNAVAIL", "\(result)")
        #expect(try await enroll(["forget", "--yes", "\(uid)"], enrolled).status == 0)
        #expect(try await stack.login(heir.name, []).name == Stack.ignored)
    }
}
