import Foundation
import TestSupport
import Testing

/// One field for password and code, with the real pam_unix behind the module.
@Suite("Joined password and code, with pam_unix")
struct PassTests {
    /// A stack as a host has it: this module, then pam_unix with what it hands on.
    private func stack(_ enrolled: Enrolled, _ lines: [String]) throws -> Stack {
        let module = try enrolled.module()
        let text = lines.map { $0.replacing("MODULE", with: module) + "\n" }.joined()
        try enrolled.scratch.write(text, to: "pam.d/joined", mode: 0o644)
        return Stack(folder: enrolled.scratch.file("pam.d"), service: "joined")
    }

    private func logIn(_ stack: Stack, _ user: String, _ typed: String...) async throws -> Result {
        try await stack.login(user, typed, with: ["fail-delay note"])
    }

    @Test("Only the right password with the right code behind it logs in, at one prompt")
    func joined() async throws {
        let account = try await Account.make("joined")
        let enrolled = try Enrolled(user: account.name)
        let stack = try stack(
            enrolled,
            ["auth requisite MODULE forward_pass", "auth required pam_unix.so use_first_pass"])
        let wrong = try await enrolled.wrongCode()
        let password = account.password
        for (typed, name) in [
            (password + wrong, "PAM_AUTH_ERR"), (password, "PAM_AUTH_ERR"),
            ("other" + (try await enrolled.renewKey().code()), "PAM_AUTH_ERR"),
            (try await enrolled.renewKey().code() + password, "PAM_AUTH_ERR"),
        ] {
            let result = try await logIn(stack, account.name, typed)
            #expect(result.name == name && result.prompts == 1, "\(result)")
        }
        let code = try await enrolled.renewKey().code()
        let result = try await logIn(stack, account.name, password + code)
        #expect(result.name == "PAM_SUCCESS")
        #expect(result.prompts == 1 && result.messages[0].style == "echo_off")
        #expect(result.messages[0].text == "Password, with the code right behind it: ")
        let backup = try await logIn(stack, account.name, password + enrolled.backupCodes[0])
        #expect(backup.name == "PAM_SUCCESS")
    }

    @Test("The password first, and then its own prompt only where no code was typed with it")
    func tried() async throws {
        let account = try await Account.make("joined")
        let enrolled = try Enrolled(user: account.name)
        let stack = try stack(
            enrolled,
            ["auth requisite pam_unix.so", "auth required MODULE try_first_pass"])
        let code = try await enrolled.renewKey().code()
        let result = try await logIn(stack, account.name, account.password, code)
        #expect(result.name == "PAM_SUCCESS")
        #expect(result.messages.map(\.style) == ["echo_off", "echo_on"])
        // The password was no try at a code.
        #expect(try enrolled.read { $0.notices.isEmpty && $0.throttle.failures == 0 })
    }

    @Test("prompt and echo are the admin's, but nothing shows a password that is typed")
    func prompt() async throws {
        let enrolled = try Enrolled()
        for (arguments, style, text) in [
            ("", "echo_on", "Code from your app (or a backup code): "),
            ("echo=no", "echo_off", "Code from your app (or a backup code): "),
            ("prompt=Token", "echo_on", "Token"),
            ("forward_pass", "echo_off", "Password, with the code right behind it: "),
            ("forward_pass echo=yes", "echo_off", "Password, with the code right behind it: "),
            ("forward_pass prompt=Both", "echo_off", "Both"),
        ] {
            let result = try await enrolled.stack(arguments).login(enrolled.user, [""])
            #expect(result.messages.map(\.style) == [style], "\(arguments)")
            #expect(result.messages.first?.text == text)
        }
    }
}
