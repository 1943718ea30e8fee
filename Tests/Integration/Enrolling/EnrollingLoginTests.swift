import Foundation
import TestSupport
import Testing

/// `after_temporary=enroll`: after a temporary code, a login goes on with a new device.
@Suite("A new device after a temporary code") struct EnrollingLoginTests {
    @Test(
        "After a temporary code, the new phone does not replace the old one",
        arguments: LoginProgram.all(of: "sshd"))
    func newPhoneReplacesTheOldOne(program: LoginProgram) async throws {
        let fixture = try await LoginFixture(program)
        let name = fixture.person.name
        let (old, backupCodes) = try await fixture.enroll()
        let door = try await fixture.door("after_temporary=enroll")
        let temporary = try await fixture.issue()
        let logged = fixture.logged(name).count
        let terminal = try await door.knock(fixture.person)
        try await terminal.expect(LoginFixture.Words.prompt)
        try await terminal.type(temporary)
        try await terminal.expect("Code shown by the app (i: invert, a: ASCII, Enter: later): ")
        // What a user reads off the screen and types into the app.
        let phone = try Enrolling.phone(of: fixture.person, in: await terminal.transcript)
        try await phone.settle()
        let first = try await phone.code()
        try await terminal.type("\(first.prefix(3)) \(first.suffix(3))")
        try await terminal.expect(fixture.welcome)
        let shown = await terminal.transcript
        #expect(shown.contains("It replaces \"phone\", which stops working."), "\(shown)")
        #expect(shown.contains("\"phone\" is enrolled."), "\(shown)")
        #expect(!shown.contains("Backup codes"), "there are ten already: \(shown)")
        try await fixture.expectLogged(
            "login granted", ["factor": "temporary-code", "enrolled": "\"phone\""], after: logged,
            code: temporary)
        #expect(fixture.log.lines(containing: phone.secret).isEmpty, "the key is in the log")
        try await fixture.expectRefused(door, code: try await old.code(), reason: "wrong")
        try await fixture.expectRefused(door, code: first, reason: "replayed")
        try await fixture.expectAdmitted(
            door, code: try await phone.code(after: first), factor: "code")
        try await fixture.expectAdmitted(door, code: backupCodes[0], factor: "backup-code")
    }
}
