import Foundation
import TestSupport
import Testing

/// People who come from other modules: their phones log in here as they did there.
@Suite("Logins with what other modules kept") struct ImportedLoginTests {
    /// Logs in with another module in place of ours, which has to let the person in.
    private func login(
        _ fixture: LoginFixture, through module: String, prompt: String, code: String
    ) async throws {
        let door = try await fixture.program.door(
            try fixture.program.policy(module), fixture.person)
        defer { withExtendedLifetime(door) {} }
        let terminal = try await door.knock(fixture.person)
        try await terminal.expect(prompt)
        try await terminal.type(code)
        try await terminal.expect("inside:\(fixture.person.name).")
    }

    /// Runs the real google-authenticator as the person; the key in the file that it made.
    private func googleAuthenticator(_ fixture: LoginFixture, _ kind: String...) async throws
        -> String
    {
        let name = fixture.person.name
        try await Command.output(
            [
                "setpriv", "--reuid", name, "--regid", name, "--init-groups", "--reset-env",
                "google-authenticator", "--force", "--quiet", "--no-confirm", "--no-rate-limit",
                "--qr-mode=NONE",
            ] + kind)
        let file = try String(
            contentsOfFile: "/home/\(name)/.google_authenticator", encoding: .utf8)
        return String(try #require(file.split(separator: "\n").first))
    }

    @Test(
        "google-authenticator's file, by the clock: a used code counts again, or the next does not")
    func googleAuthenticatorByTheClock() async throws {
        let fixture = try await LoginFixture(LoginProgram.sshdByPassword())
        let key = try await googleAuthenticator(
            fixture, "--time-based", "--disallow-reuse", "--window-size=3")
        let phone = try Phone(scanning: "otpauth://totp/\(fixture.person.name)?secret=\(key)")
        try await phone.settle()
        let used = try await phone.code()
        try await login(
            fixture, through: "pam_google_authenticator.so", prompt: "Verification code: ",
            code: used)
        try await takeOver(fixture, "google-authenticator", "--user", fixture.person.name)

        let door = try await fixture.door()
        try await fixture.expectRefused(door, code: used, reason: "replayed")
        try await fixture.expectAdmitted(
            door, code: try await phone.code(after: used), factor: "code")
    }

    @Test(
        "google-authenticator's file, by a counter: a used code counts again, or the next does not")
    func googleAuthenticatorByTheCounter() async throws {
        let fixture = try await LoginFixture(LoginProgram.sshdByPassword())
        let key = try await googleAuthenticator(fixture, "--counter-based", "--window-size=3")
        let phone = CounterPhone(key: key, inHex: false)
        let used = try await phone.code(1)
        try await login(
            fixture, through: "pam_google_authenticator.so", prompt: "Verification code: ",
            code: used)
        try await takeOver(fixture, "google-authenticator", "--user", fixture.person.name)

        let door = try await fixture.door()
        // Counters that are past are not looked at any more.
        try await fixture.expectRefused(door, code: used, reason: "wrong")
        try await fixture.expectAdmitted(door, code: try await phone.code(2), factor: "code")
        // One press of the button that nobody saw.
        try await fixture.expectAdmitted(door, code: try await phone.code(4), factor: "code")
    }

    @Test("pam_oath's file, by the clock: a used code counts again, or the next does not")
    func usersOATHByTheClock() async throws {
        let fixture = try await LoginFixture(LoginProgram.sshdByPassword())
        let key = "3132333435363738393031323334353637383930"
        let file = try fixture.scratch.write(
            "HOTP/T30/6\t\(fixture.person.name)\t-\t\(key)\n", to: "users.oath")
        let secret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
        let phone = try Phone(scanning: "otpauth://totp/\(fixture.person.name)?secret=\(secret)")
        try await phone.settle()
        let used = try await phone.code()
        try await login(
            fixture, through: "pam_oath.so usersfile=\(file) window=5 digits=6",
            prompt: "One-time password (OATH) for", code: used)
        try await takeOver(fixture, "users.oath", file)

        let door = try await fixture.door()
        try await fixture.expectRefused(door, code: used, reason: "replayed")
        try await fixture.expectAdmitted(
            door, code: try await phone.code(after: used), factor: "code")
    }

    @Test("pam_oath's file, by a counter: a used code counts again, or the next does not")
    func usersOATHByTheCounter() async throws {
        let fixture = try await LoginFixture(LoginProgram.sshdByPassword())
        let key = "00112233445566778899aabbccddeeff00112233"
        let file = try fixture.scratch.write(
            "HOTP/E/6\t\(fixture.person.name)\t-\t\(key)\n", to: "users.oath")
        let phone = CounterPhone(key: key, inHex: true)
        let used = try await phone.code(3)
        try await login(
            fixture, through: "pam_oath.so usersfile=\(file) window=5 digits=6",
            prompt: "One-time password (OATH) for", code: used)
        try await takeOver(fixture, "users.oath", file)

        let door = try await fixture.door()
        for spent in [used, try await phone.code(1)] {
            try await fixture.expectRefused(door, code: spent, reason: "wrong")
        }
        try await fixture.expectAdmitted(door, code: try await phone.code(4), factor: "code")
    }

    /// Imports what another module has, first for show.
    private func takeOver(_ fixture: LoginFixture, _ words: String...) async throws {
        for (rehearsal, result) in [(["--dry-run"], "would be imported"), ([], "imported")] {
            let arguments = ["import", "--from"] + words + rehearsal
            let said = try await Command.output(fixture.words(arguments))
            #expect(said.contains(result), "\(said)")
        }
    }
}

/// A device with a button: oathtool, with a counter.
private struct CounterPhone {
    let key: String
    let inHex: Bool

    /// The code of a counter.
    func code(_ counter: Int) async throws -> String {
        let output = try await Command.output(
            ["oathtool", "--hotp", "--digits=6", "--counter=\(counter)"]
                + (inHex ? [] : ["--base32"]) + ["-"], input: key + "\n")
        return output.trimmingCharacters(in: .whitespacesAndNewlines)
    }
}
