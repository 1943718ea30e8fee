import Foundation
import TestSupport
import Testing

/// `after_temporary=enroll`: a login with a temporary code goes on with a new device.
@Suite struct EnrollingLoginTests {
    private static let question =
        "Code shown by the app (i: invert, a: ASCII, Enter: later): "
    private static let declined = "Nothing was enrolled."

    /// A login that has come to the question for the new device's code.
    private struct Asked {
        let stage: Stage
        let door: any Door
        let terminal: Terminal
        let phone: Phone
        let temporary: String
        /// Log lines before it.
        let logged: Int

        var welcome: String { "inside:\(stage.person.name)." }

        /// Waits until the person is in, and gives all that was shown.
        func enter() async throws -> String {
            try await terminal.expect(welcome)
            return await terminal.transcript
        }
    }

    private func ask(_ stage: Stage) async throws -> Asked {
        let door = try await stage.door("after_temporary=enroll")
        let temporary = try await stage.issue()
        let logged = stage.logged(stage.person.name).count
        let terminal = try await door.knock(stage.person)
        try await terminal.expect(Stage.Words.prompt)
        try await terminal.type(temporary)
        try await terminal.expect(Self.question)
        // What somebody types into the app who reads it off the screen.
        let shown = await terminal.transcript
        let phone = try Enrolling.phone(of: stage.person, in: shown)
        return Asked(
            stage: stage, door: door, terminal: terminal, phone: phone, temporary: temporary,
            logged: logged)
    }

    private func expectLogged(_ asked: Asked, enrolled: String?) async throws {
        try await asked.stage.expectLogged(
            "login granted", ["factor": "temporary-code"], after: asked.logged,
            code: asked.temporary)
        let line = try #require(asked.stage.logged(asked.stage.person.name).last)
        #expect(line.fields["enrolled"] == enrolled, "\(line)")
        let key = asked.phone.secret
        #expect(asked.stage.log.lines(containing: key).isEmpty, "the key is in the log")
    }

    @Test(arguments: LoginProgram.speaking)
    func newPhoneReplacesTheOldOne(program: LoginProgram) async throws {
        let stage = try await Stage(program)
        let (old, backupCodes) = try await stage.enroll()
        let asked = try await ask(stage)
        try await asked.phone.settle()
        let first = try await asked.phone.code()
        try await asked.terminal.type("\(first.prefix(3)) \(first.suffix(3))")
        let shown = try await asked.enter()
        #expect(shown.contains("It takes the place of \"phone\", which ends."), "\(shown)")
        #expect(shown.contains("\"phone\" is enrolled."), "\(shown)")
        #expect(!shown.contains("Backup codes"), "there are ten already: \(shown)")
        try await expectLogged(asked, enrolled: "\"phone\"")

        let door = asked.door
        try await stage.expectRefused(door, code: try await old.code(), reason: "wrong")
        try await stage.expectRefused(door, code: first, reason: "replayed")
        try await stage.expectAdmitted(
            door, code: try await asked.phone.code(after: first), factor: "code")
        try await stage.expectAdmitted(door, code: backupCodes[0], factor: "backup-code")
    }

    @Test(arguments: LoginProgram.speaking)
    func backupCodesComeWhereNoneAreLeft(program: LoginProgram) async throws {
        let stage = try await Stage(program)
        _ = try await stage.enroll()
        try await stage.command("reset", "--yes", stage.person.name)
        let asked = try await ask(stage)
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
            try await stage.expectAdmitted(
                asked.door, code: String(try #require(code)), factor: "backup-code")
        }
    }

    @Test(arguments: LoginProgram.speaking)
    func returnMeansLater(program: LoginProgram) async throws {
        let stage = try await Stage(program)
        let (old, _) = try await stage.enroll()
        let asked = try await ask(stage)
        try await asked.terminal.type("")
        let shown = try await asked.enter()
        #expect(shown.contains(Self.declined), "\(shown)")
        try await expectLogged(asked, enrolled: nil)
        try await stage.expectRefused(
            asked.door, code: try await asked.phone.code(), reason: "wrong")
        try await stage.expectAdmitted(asked.door, code: try await old.code(), factor: "code")
    }

    @Test(arguments: LoginProgram.speaking)
    func threeWrongCodesGiveUp(program: LoginProgram) async throws {
        let stage = try await Stage(program)
        let (old, _) = try await stage.enroll()
        let asked = try await ask(stage)
        let wrongs = [try await asked.phone.wrongCode(), "hunter2", try await old.code()]
        for wrong in wrongs.dropLast() {
            try await asked.terminal.type(wrong)
            try await asked.terminal.expect("That is not the code of this key.")
            try await asked.terminal.expect(Self.question)
        }
        try await asked.terminal.type(wrongs[2])
        let shown = try await asked.enter()
        #expect(shown.contains(Self.declined), "\(shown)")
        try await expectLogged(asked, enrolled: nil)
        // None of them counts as a failed login.
        let told = try await stage.expectAdmitted(
            asked.door, code: try await old.code(), factor: "code")
        #expect(!told.transcript.contains("failed code"), "\(told.transcript)")
    }

    @Test(arguments: LoginProgram.speaking)
    func aBrokenConnectionKeepsNothing(program: LoginProgram) async throws {
        let stage = try await Stage(program)
        let (old, _) = try await stage.enroll()
        let asked = try await ask(stage)
        asked.terminal.child.signal(SIGKILL)
        _ = try await asked.terminal.finish()
        try await stage.expectRefused(
            asked.door, code: try await asked.phone.code(), reason: "wrong")
        try await stage.expectRefused(
            asked.door, code: asked.temporary, reason: "used-temporary-code")
        try await stage.expectAdmitted(asked.door, code: try await old.code(), factor: "code")
    }
}
