import TestSupport
import Testing

/// Logins with the real programs, with and without the service.
@Suite("Logins with the real programs") struct LoginTests {
    /// Every case with one program of each kind, and the others where they differ: in their first
    /// questions, output and messages.
    private static let all: [(LoginProgram, LoginCase)] = LoginProgram.all.flatMap { program in
        let isWhole = ["sshd, key then code", "su"].contains(program.testDescription)
        return (isWhole ? LoginCase.all : LoginCase.essential).map { (program, $0) }
    }

    @Test("A real program lets the wrong user in, or keeps the right one out", arguments: all)
    func loginByTheService(program: LoginProgram, case: LoginCase) async throws {
        try await `case`.run(try await LoginFixture(program, .resident))
    }

    @Test(
        "The same without a running service, each login starting its own",
        arguments: LoginProgram.all, LoginCase.essential)
    func loginWithoutTheService(program: LoginProgram, case: LoginCase) async throws {
        try await `case`.run(try await LoginFixture(program, .own))
    }

    /// In Debian 12, su-l includes su. If it does not, as in Debian sid, `su -` asks for no code.
    @Test("A line only in su's file does to `su -` something else than doctor says")
    func suLogin() async throws {
        let program = try #require(LoginProgram.all(of: "su-l").first)
        let fixture = try await LoginFixture(program)
        let (phone, _) = try await fixture.enroll()
        let policy = try Policy()
        try policy.add("auth required \(try fixture.module())", toService: "su")
        let outcome = try await fixture.login(
            try await program.door(policy, fixture.person), code: try await phone.code())
        #expect(outcome.admitted, "\(outcome.transcript)")
        let doctor = try await Command.run(
            policy.running(try fixture.words(["doctor", "--service", "su", "--json"])))
        #expect(doctor.output.contains("is not in the stack of su-l") != outcome.asked)
        #expect(!doctor.output.contains("is not in the stack of su:"), "\(doctor.output)")
    }

    /// If the code comes before the password, a stranger sees the same questions and messages as an
    /// existing user who is not enrolled.
    @Test(
        "With the code before the password, an unknown user can be told from one not enrolled",
        arguments: LoginProgram.all.filter { $0.password && $0.greetsStrangers },
        Answerer.allCases)
    func codeBeforePassword(program: LoginProgram, answerer: Answerer) async throws {
        let fixture = try await LoginFixture(program, answerer)
        let policy = try Policy()
        try policy.put("auth required \(try fixture.module())", beforePasswordOf: program.service)
        let ghost = Person(unknown: Int.random(in: 5000..<9999))
        let known = try await talk(fixture.person, program, policy)
        let stranger = try await talk(ghost, program, policy)
        #expect(known.replacing(fixture.person.name, with: ghost.name) == stranger)
        let lines = [fixture.person, ghost].map {
            fixture.logged($0.name).map { $0.fields["reason"] }
        }
        #expect(lines == [["no-record"], ["unknown-user"]])
    }

    /// Answers with code and password, and returns everything shown up to the refusal.
    private func talk(
        _ person: Person, _ program: LoginProgram, _ policy: Policy
    ) async throws -> String {
        let door = try await program.door(policy, person)
        // A door is closed when it is released.
        defer { withExtendedLifetime(door) {} }
        let terminal = try door.start(person)
        try await terminal.expect(LoginFixture.Words.prompt)
        try await terminal.type("123456")
        try await terminal.expect("assword")
        try await terminal.type(person.password)
        try await terminal.expect(program.refusal)
        let shown = await terminal.transcript
        let end = try #require(shown.firstRange(of: program.refusal)).upperBound
        return String(shown[..<end])
    }
}
