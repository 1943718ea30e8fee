import Foundation
import TestSupport
import Testing

/// A lost phone, from the first login to the new phone, through sshd.
@Suite("A lost phone") struct LostPhoneTests {
    @Test(
        "The owner does not get back in, the finder gets in, or nobody is told",
        arguments: LoginProgram.all(of: "sshd"))
    func lostPhone(program: LoginProgram) async throws {
        let fixture = try await LoginFixture(program)
        let name = fixture.person.name
        var door = try #require(try await fixture.door() as? SSHDoor)
        // A command, since a shell prints the machine's message of the day.
        door.command = SSHDoor.proof

        let (old, first, _) = try await enroll(fixture, "add", name)
        let second = try await old.code(after: first)
        var told = try await login(fixture, door, second, "code")
        #expect(told.contains("The authenticator \"phone\" was added on "), "\(told)")

        // The phone is lost.
        let issued = try await fixture.command("issue", name)
        let temporary = String(
            try #require(issued.firstMatch(of: #/T[0-9A-Z]{3}-[0-9A-Z]{4}-[0-9A-Z]{4}/#)).output)
        told = try await login(fixture, door, temporary, "temporary-code")
        // The user of the temporary code knows of it; the old phone and the backup codes would be
        // told.
        #expect(!told.contains("A temporary code was issued on "), "\(told)")
        #expect(told.contains("Run `otp-enroll` to enroll your new device."), "\(told)")
        let (new, confirmed, sheet) = try await enroll(fixture, "add", name, "--name", "phone")
        #expect(sheet.contains("Delete its old entry in the app."), "\(sheet)")
        #expect(old.secret != new.secret)

        // The finder of the phone is refused, and so is the temporary code.
        try await fixture.expectRefused(
            door, code: try await old.code(after: second), reason: "wrong")
        try await fixture.expectRefused(door, code: temporary, reason: "used-temporary-code")
        told = try await login(fixture, door, try await new.code(after: confirmed), "code")
        #expect(told.contains("2 failed codes since "), "\(told)")
        #expect(told.contains(", last from 127.0.0.1."), "\(told)")
        // The backup codes are older than the change, so they are still told.
        #expect(!told.contains("was added on "), "\(told)")
        #expect(!told.contains("A temporary code was issued"), "\(told)")
        let status = try await fixture.command("status", name)
        for kind in ["added", "temporary-code-issued"] { #expect(status.contains(kind)) }

        let wanted = [
            "authenticator added; name=\"phone\"", "login granted; factor=code",
            "temporary code issued;", "login granted; factor=temporary-code",
            "authenticator added; name=\"phone\"", "authentication failure; reason=wrong",
            "authentication failure; reason=used-temporary-code", "login granted; factor=code",
        ]
        let log = fixture.log.lines.filter { line in
            line.fields["user"] == name
                && ["pam_swiftotp(", "swiftotpd["].contains { line.text.contains($0) }
        }
        #expect(log.count == wanted.count, "\(log)")
        for (line, wish) in zip(log, wanted) { #expect(line.text.contains(wish)) }
    }

    /// What a login with this code shows.
    private func login(
        _ fixture: LoginFixture, _ door: any Door, _ code: String, _ factor: String
    ) async throws -> String {
        try await fixture.expectAdmitted(door, code: code, factor: factor).transcript
    }

    /// Enrolls on the terminal; returns the phone, the confirming code, and the rest of the screen.
    private func enroll(_ fixture: LoginFixture, _ words: String...) async throws -> (
        Phone, String, String
    ) {
        let screen = try await Screen(fixture.words(words))
        let phone = try await screen.phone()
        try await phone.settle()
        let code = try await phone.code()
        try await screen.type(code)
        #expect(try await screen.finish() == 0)
        let sheet = try await screen.text()
        await screen.close()
        return (phone, code, sheet)
    }
}
