import Foundation
import TestSupport
import Testing

/// Who may enroll at a login, when it can be postponed, and what other programs do.
@Suite("Who may enroll at a login") struct EnrollStackTests {
    @Test("The key is shown after a wrong password, or not after a right one")
    func passwordFirst() async throws {
        let fixture = try await LoginFixture(LoginProgram.sshdByPassword())
        let door = try await fixture.remoteDoor("enroll=require after_first_factor")
        let imposter = try door.start(fixture.person)
        try await imposter.expect("assword")
        try await imposter.type("not the password")
        try await imposter.expect("Permission denied")
        let refused = await imposter.transcript
        #expect(!refused.contains("authenticator"), "\(refused)")
        #expect(fixture.logged(fixture.person.name).isEmpty)
        #expect(try !fixture.hasRecord())

        let terminal = try await door.knock(fixture.person)
        try await terminal.expect(Enrolling.question)
        let phone = try Enrolling.phone(of: fixture.person, in: await terminal.transcript)
        let first = try await phone.lastCode()
        let codes = try await terminal.enroll(first, welcome: fixture.welcome)
        #expect(codes.count == 10)
        try await fixture.expectLine("login granted", ["factor": "enrollment"], after: 0)
        try await fixture.expectRefused(door, code: first, reason: "replayed")
        try await fixture.expectAdmitted(door, code: try await phone.code(), factor: "code")
    }

    /// Without a terminal ssh answers every question with an empty text, which counts as no.
    @Test(
        "ssh without a terminal enrolls, passes `require`, or fails `offer`"
    )
    func withoutATerminal() async throws {
        let fixture = try await LoginFixture(LoginProgram.sshdByKey())
        let offer = try await fixture.remoteDoor("enroll=offer")
        let plain = try await Command.run(offer.words(fixture.person))
        #expect(plain.status == 0 && plain.output == fixture.welcome + "\n", "\(plain)")
        try await fixture.expectLine("not asked", ["reason": "enrolling-put-off"], after: 0)

        // ssh itself skips keyboard-interactive here: the module is never asked.
        let batch = try await Command.run(
            offer.words(fixture.person, options: ["-o", "BatchMode=yes"]))
        #expect(batch.status == 255)
        #expect(batch.errors.contains("Permission denied (keyboard-interactive)"), "\(batch)")
        #expect(fixture.logged(fixture.person.name).count == 1)

        let required = try await fixture.remoteDoor("enroll=require")
        let refused = try await Command.run(required.words(fixture.person))
        #expect(refused.status == 255 && refused.output.isEmpty, "\(refused)")
        #expect(refused.errors.contains(Enrolling.must), "\(refused)")
        #expect(try !fixture.hasRecord())
    }

    @Test("scp fails where enrolling is only offered")
    func scpWithoutATerminal() async throws {
        let fixture = try await LoginFixture(LoginProgram.sshdByKey())
        let door = try await fixture.remoteDoor(
            "enroll=offer", settings: ["Subsystem sftp internal-sftp"])
        let file = try fixture.scratch.write("a file\n", to: "sent")
        // ssh's arguments without its name, and without those for port, user and host.
        let options = Array(door.words(fixture.person).dropFirst().dropLast(6))
        let copied = try await Command.run(
            ["scp"] + options + [
                "-P", String(door.server.port), file,
                "\(fixture.person.name)@127.0.0.1:received",
            ])
        #expect(copied.status == 0, "\(copied)")
        let received = try String(
            contentsOfFile: "/home/\(fixture.person.name)/received", encoding: .utf8)
        #expect(received == "a file\n")
    }

    // MARK: Other stacks

    /// docs/LOGIN.md's variants, in place of su's `@include common-auth`.
    enum Stack: CaseIterable { case substack, included, page }

    @Test("Fedora's stacks do not do what docs/LOGIN.md says", arguments: Stack.allCases)
    func fedora(stack: Stack) async throws {
        let fixture = try await LoginFixture(try #require(LoginProgram.all(of: "su").first))
        let module = try fixture.module("enroll=require after_first_factor")
        let lines =
            switch stack {
            case .substack: ["auth substack password-auth", "auth required \(module)"]
            case .included: ["auth include password-auth", "auth required \(module)"]
            case .page:
                try RecipePage.block(
                    "Enrolling there", after: "replace that line with", in: "docs/LOGIN.md"
                ).map { $0.replacing("pam_swiftotp.so after_first_factor", with: module) }
            }
        let policy = try Policy()
        try policy.write(
            [
                "auth required pam_env.so", "auth sufficient pam_unix.so",
                "auth required pam_deny.so",
            ],
            service: "password-auth")
        try policy.replace(withLine: lines.joined(separator: "\n"), passwordOf: "su")
        let door = SuDoor(policy: policy)
        let ends = [Enrolling.question, fixture.welcome, fixture.program.refusal]
        let wrong = try door.start(fixture.person)
        try await wrong.expect("assword")
        try await wrong.type("not the password")
        #expect(try await wrong.expectAny(ends) == (stack == .page ? 2 : 0))
        let right = try await door.knock(fixture.person)
        #expect(try await right.expectAny(ends) == (stack == .included ? 1 : 0))
    }

    // MARK: Other programs

    private static let local = LoginProgram.all.filter { $0.service != "sshd" }

    @Test(
        "su, sudo or login do not enroll, or their QR code cannot be scanned",
        arguments: local)
    func atTheMachine(program: LoginProgram) async throws {
        let fixture = try await LoginFixture(program)
        let door = try await fixture.door("enroll=require after_first_factor")
        let terminal = try await door.knock(fixture.person)
        try await terminal.expect(Enrolling.question)
        let shown = await terminal.transcript
        let phone = try Enrolling.phone(of: fixture.person, in: shown)
        let uri = try await Camera.read(shown)
        #expect(try Phone(scanning: try #require(uri, "\(shown)")).secret == phone.secret)
        let codes = try await terminal.enroll(
            try await phone.lastCode(), welcome: fixture.welcome)
        #expect(codes.count == 10)
        try await fixture.expectLine("login granted", ["factor": "enrollment"], after: 0)
        try await fixture.expectAdmitted(door, code: try await phone.code(), factor: "code")
    }
}
