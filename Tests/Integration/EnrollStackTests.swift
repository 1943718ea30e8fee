import Foundation
import TestSupport
import Testing

/// Who may enroll at a login, when it can be put off, and what the other programs do.
@Suite struct EnrollStackTests {
    @Test func passwordFirst() async throws {
        let stage = try await Stage(LoginProgram.sshdByPassword())
        let door = try await stage.remoteDoor("enroll=require after_first_factor")
        let imposter = try door.start(stage.person)
        try await imposter.expect("assword")
        try await imposter.type("not the password")
        try await imposter.expect("Permission denied")
        let refused = await imposter.transcript
        #expect(!refused.contains("authenticator"), "\(refused)")
        #expect(stage.logged(stage.person.name).isEmpty)
        #expect(try !stage.hasRecord())

        let terminal = try await door.knock(stage.person)
        try await terminal.expect(Enrolling.question)
        let phone = try Enrolling.phone(of: stage.person, in: await terminal.transcript)
        let first = try await phone.lastCode()
        let codes = try await terminal.enroll(first, welcome: stage.welcome)
        #expect(codes.count == 10)
        try await stage.expectLine("login granted", ["factor": "enrollment"], after: 0)
        try await stage.expectRefused(door, code: first, reason: "replayed")
        try await stage.expectAdmitted(door, code: try await phone.code(), factor: "code")
    }

    /// Keyboard-interactive may have been anything: the module does not take it for a proof.
    @Test(arguments: ["enroll=require", "enroll=offer"])
    func nothingHasProvenTheUser(options: String) async throws {
        let stage = try await Stage(LoginProgram.sshdByPassword())
        let door = try await stage.remoteDoor(options)
        try await stage.expectRefused(
            door, code: "123456", reason: "first-factor-not-proven")
        #expect(try !stage.hasRecord())
    }

    // MARK: Putting it off

    /// Answers the question with Enter; what was shown.
    private func putOff(_ stage: Stage, _ door: SSHDoor) async throws -> String {
        let terminal = try await door.knock(stage.person)
        try await terminal.expect(Enrolling.question)
        try await terminal.type("")
        _ = try await terminal.finish()
        return await terminal.transcript
    }

    @Test func untilADay() async throws {
        let stage = try await Stage(LoginProgram.sshdByKey())
        let open = try await putOff(
            stage, try await stage.remoteDoor("enroll=require enroll_until=2099-01-01"))
        #expect(open.contains("Enter: later") && open.contains(stage.welcome), "\(open)")
        let closed = try await putOff(
            stage, try await stage.remoteDoor("enroll=require enroll_until=2026-01-01"))
        #expect(!closed.contains("Enter: later") && !closed.contains(stage.welcome), "\(closed)")
        #expect(closed.contains(Enrolling.must), "\(closed)")
    }

    @Test func graceIsCountedDown() async throws {
        let stage = try await Stage(LoginProgram.sshdByKey())
        let door = try await stage.remoteDoor(
            "enroll=require enroll_grace=2 enroll_until=2026-01-01")
        let rows = [
            ("You can put it off 1 more time.", "1"),
            ("At the next login you must enroll.", "0"),
        ]
        for (number, (words, left)) in rows.enumerated() {
            let shown = try await putOff(stage, door)
            #expect(shown.contains(words) && shown.contains(stage.welcome), "\(shown)")
            try await stage.expectLine(
                "not asked", ["reason": "enrolling-put-off", "left": left], after: number)
        }
        let last = try await putOff(stage, door)
        #expect(last.contains(Enrolling.must) && !last.contains(stage.welcome), "\(last)")
        try await stage.expectLine(
            "authentication failure", ["reason": "not-enrolled"], after: 2)
        // It is not too late for the phone.
        let terminal = try await door.knock(stage.person)
        try await terminal.expect(Enrolling.question)
        let phone = try Enrolling.phone(of: stage.person, in: await terminal.transcript)
        try await phone.settle()
        #expect(
            try await terminal.enroll(try await phone.code(), welcome: stage.welcome).count == 10)
    }

    /// Without a terminal ssh answers every question with nothing, which is a no.
    @Test func withoutATerminal() async throws {
        let stage = try await Stage(LoginProgram.sshdByKey())
        let offer = try await stage.remoteDoor("enroll=offer")
        let plain = try await Command.run(offer.words(stage.person))
        #expect(plain.status == 0 && plain.output == stage.welcome + "\n", "\(plain)")
        try await stage.expectLine("not asked", ["reason": "enrolling-put-off"], after: 0)

        // ssh itself skips keyboard-interactive here: the module is never asked.
        let batch = try await Command.run(
            offer.words(stage.person, options: ["-o", "BatchMode=yes"]))
        #expect(batch.status == 255)
        #expect(batch.errors.contains("Permission denied (keyboard-interactive)"), "\(batch)")
        #expect(stage.logged(stage.person.name).count == 1)

        let required = try await stage.remoteDoor("enroll=require")
        let refused = try await Command.run(required.words(stage.person))
        #expect(refused.status == 255 && refused.output.isEmpty, "\(refused)")
        #expect(refused.errors.contains(Enrolling.must), "\(refused)")
        #expect(try !stage.hasRecord())
    }

    @Test func scpWithoutATerminal() async throws {
        let stage = try await Stage(LoginProgram.sshdByKey())
        let door = try await stage.remoteDoor(
            "enroll=offer", settings: ["Subsystem sftp internal-sftp"])
        let file = try stage.scratch.write("a file\n", to: "sent")
        // All that ssh is told, without its name, and without what names port, user and host.
        let options = Array(door.words(stage.person).dropFirst().dropLast(6))
        let copied = try await Command.run(
            ["scp"] + options + [
                "-P", String(door.server.port), file,
                "\(stage.person.name)@127.0.0.1:received",
            ])
        #expect(copied.status == 0, "\(copied)")
        let received = try String(
            contentsOfFile: "/home/\(stage.person.name)/received", encoding: .utf8)
        #expect(received == "a file\n")
    }

    // MARK: The way back in

    @Test func afterReset() async throws {
        let stage = try await Stage(LoginProgram.sshdByKey())
        let (lost, oldCodes) = try await stage.enroll()
        try await stage.command("reset", "--yes", stage.person.name)
        let door = try await stage.remoteDoor("enroll=require")
        let terminal = try await door.knock(stage.person)
        try await terminal.expect(Enrolling.question)
        let phone = try Enrolling.phone(of: stage.person, in: await terminal.transcript)
        #expect(phone.secret != lost.secret)
        let codes = try await terminal.enroll(
            try await phone.lastCode(), welcome: stage.welcome)
        #expect(codes.count == 10 && Set(codes).isDisjoint(with: oldCodes))
        try await stage.expectRefused(door, code: try await lost.code(), reason: "wrong")
        try await stage.expectRefused(door, code: oldCodes[0], reason: "wrong")
        let told = try await stage.expectAdmitted(
            door, code: try await phone.code(), factor: "code")
        #expect(told.transcript.contains("Your second factor was reset on "))
    }

    // MARK: Other programs

    private static let local = LoginProgram.all.filter { $0.service != "sshd" }

    @Test(arguments: local)
    func atTheMachine(program: LoginProgram) async throws {
        let stage = try await Stage(program)
        let door = try await stage.door("enroll=require after_first_factor")
        let terminal = try await door.knock(stage.person)
        try await terminal.expect(Enrolling.question)
        let shown = await terminal.transcript
        let phone = try Enrolling.phone(of: stage.person, in: shown)
        let uri = try await Camera.read(shown)
        #expect(try Phone(scanning: try #require(uri, "\(shown)")).secret == phone.secret)
        let codes = try await terminal.enroll(
            try await phone.lastCode(), welcome: stage.welcome)
        #expect(codes.count == 10)
        try await stage.expectLine("login granted", ["factor": "enrollment"], after: 0)
        try await stage.expectAdmitted(door, code: try await phone.code(), factor: "code")
    }
}
