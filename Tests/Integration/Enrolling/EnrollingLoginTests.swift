import Foundation
import TestSupport
import Testing

/// `after_temporary=enroll`: a login with a temporary code goes on with a new device.
@Suite("A new device after a temporary code") struct EnrollingLoginTests {
    private static let question =
        "Code shown by the app (i: invert, a: ASCII, Enter: later): "
    private static let declined = "Nothing was enrolled."

    /// A login that has come to the question for the new device's code.
    private struct Asked {
        let fixture: LoginFixture
        let door: any Door
        let terminal: Terminal
        let phone: Phone
        let temporary: String
        /// Log lines before it.
        let logged: Int

        var welcome: String { "inside:\(fixture.person.name)." }

        /// Waits until the person is in, and gives all that was shown.
        func enter() async throws -> String {
            try await terminal.expect(welcome)
            return await terminal.transcript
        }
    }

    private func ask(_ fixture: LoginFixture) async throws -> Asked {
        let door = try await fixture.door("after_temporary=enroll")
        let temporary = try await fixture.issue()
        let logged = fixture.logged(fixture.person.name).count
        let terminal = try await door.knock(fixture.person)
        try await terminal.expect(LoginFixture.Words.prompt)
        try await terminal.type(temporary)
        try await terminal.expect(Self.question)
        // What somebody types into the app who reads it off the screen.
        let shown = await terminal.transcript
        let phone = try Enrolling.phone(of: fixture.person, in: shown)
        return Asked(
            fixture: fixture, door: door, terminal: terminal, phone: phone, temporary: temporary,
            logged: logged)
    }

    private func expectLogged(_ asked: Asked, enrolled: String?) async throws {
        try await asked.fixture.expectLogged(
            "login granted", ["factor": "temporary-code"], after: asked.logged,
            code: asked.temporary)
        let line = try #require(asked.fixture.logged(asked.fixture.person.name).last)
        #expect(line.fields["enrolled"] == enrolled, "\(line)")
        let key = asked.phone.secret
        #expect(asked.fixture.log.lines(containing: key).isEmpty, "the key is in the log")
    }

    @Test(
        "After a temporary code, the new phone does not take the old one's place",
        arguments: LoginProgram.all(of: "sshd"))
    func newPhoneReplacesTheOldOne(program: LoginProgram) async throws {
        let fixture = try await LoginFixture(program)
        let (old, backupCodes) = try await fixture.enroll()
        let asked = try await ask(fixture)
        try await asked.phone.settle()
        let first = try await asked.phone.code()
        try await asked.terminal.type("\(first.prefix(3)) \(first.suffix(3))")
        let shown = try await asked.enter()
        #expect(shown.contains("It takes the place of \"phone\", which ends."), "\(shown)")
        #expect(shown.contains("\"phone\" is enrolled."), "\(shown)")
        #expect(!shown.contains("Backup codes"), "there are ten already: \(shown)")
        try await expectLogged(asked, enrolled: "\"phone\"")

        let door = asked.door
        try await fixture.expectRefused(door, code: try await old.code(), reason: "wrong")
        try await fixture.expectRefused(door, code: first, reason: "replayed")
        try await fixture.expectAdmitted(
            door, code: try await asked.phone.code(after: first), factor: "code")
        try await fixture.expectAdmitted(door, code: backupCodes[0], factor: "backup-code")
    }

    @Test(
        "Who enrolls after a reset gets no backup codes",
        arguments: LoginProgram.all(of: "login"))
    func backupCodesComeWhereNoneAreLeft(program: LoginProgram) async throws {
        let fixture = try await LoginFixture(program)
        _ = try await fixture.enroll()
        try await fixture.command("reset", "--yes", fixture.person.name)
        let asked = try await ask(fixture)
        try await asked.phone.settle()
        try await asked.terminal.type(try await asked.phone.code())
        try await asked.terminal.expect("Press Return when you have kept them: ")
        try await asked.terminal.type("")
        let shown = try await asked.enter()
        #expect(shown.contains("It will be called \"phone\" here."), "\(shown)")
        let codes = shown.matches(of: #/\b[0-9A-Z]{5}(-[0-9A-Z]{5}){2}\b/#).map { $0.output.0 }
        #expect(codes.count == 10, "\(shown)")
        try await expectLogged(asked, enrolled: "\"phone\"")
        for code in [codes.first, codes.last] {
            try await fixture.expectAdmitted(
                asked.door, code: String(try #require(code)), factor: "backup-code")
        }
    }
}
