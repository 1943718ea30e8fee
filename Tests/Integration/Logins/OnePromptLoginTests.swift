import Foundation
import TestSupport
import Testing

/// Password and code in one field: `forward_pass` and `use_first_pass`, with real programs.
@Suite("Password and code in one field") struct OnePromptLoginTests {
    private static let question = "Password & verification code: "

    /// A user with a phone, and a policy where one service has these lines.
    private struct OnePromptLogin {
        let fixture: LoginFixture
        let policy: Policy
        let phone: Phone
        let backupCodes: [String]

        /// In a line, `module` stands for the module, followed by its options.
        init(_ program: LoginProgram, stack: [String]) async throws {
            fixture = try await LoginFixture(program)
            (phone, backupCodes) = try await fixture.enroll()
            policy = try Policy()
            let module = try fixture.module()
            let lines = stack.map { $0.replacing("module", with: module) }
            try policy.replace(
                withLine: lines.joined(separator: "\n"), passwordOf: program.service)
            try await phone.settle()
        }

        var password: String { fixture.person.password }

        /// sshd, where only our stack decides.
        func server(_ methods: String) async throws -> SSHServer {
            // sshd uses the first value of a setting, except in a Match block.
            try await SSHServer(
                methods: "any", policy: policy,
                settings: [
                    "Match all", "PasswordAuthentication yes", "AuthenticationMethods \(methods)",
                ])
        }

        /// Starts ssh with one method.
        func ssh(_ method: String, _ server: SSHServer) throws -> Terminal {
            try Terminal(
                SSHClient.words(
                    fixture.person.name, on: server, identity: nil, command: SSHDoor.proof,
                    options: ["-o", "PreferredAuthentications=\(method)"]))
        }

        /// The failures that count against the user.
        func failures() async throws -> Int {
            struct Status: Decodable { let failures: Int }
            let output = try await fixture.command("status", fixture.person.name, "--json")
            return try JSONDecoder().decode(Status.self, from: Data(output.utf8)).failures
        }
    }

    /// Types an answer to the only question; returns whether it let the user in.
    private func answer(
        _ terminal: Terminal, _ question: String, _ answer: String, _ user: OnePromptLogin
    ) async throws -> Bool {
        try await terminal.expect(question)
        try await terminal.type(answer)
        let met = try await terminal.expectAny([user.fixture.welcome, user.fixture.program.refusal])
        let shown = await terminal.transcript
        #expect(!shown.contains(user.password), "the password is on the screen: \(shown)")
        return met == 0
    }

    /// Password and code, and all near misses. `login` types an answer in a new login.
    private func tryAll(
        _ user: OnePromptLogin, _ login: (String) async throws -> Bool
    ) async throws {
        let (phone, password) = (user.phone, user.password)
        let last = try await phone.lastCode()
        let rows: [(what: String, answer: String, isRight: Bool)] = [
            ("password and code", password + last, true),
            ("that once more", password + last, false),
            ("a wrong password", "not it" + (try await phone.code()), false),
            ("the code used up by it", password + (try await phone.code()), false),
            ("a wrong code", password + (try await phone.wrongCode()), false),
            ("no code", password, false),
            ("no password", try await phone.code(steps: 1), false),
            ("a backup code", password + user.backupCodes[1], true),
        ]
        for row in rows {
            #expect(try await login(row.answer) == row.isRight, "\(row.what)")
        }
    }

    /// The other way round: the password's module asks, and leaves the whole answer to us.
    @Test("sshd's method password, with the code after the password: something else lets a user in")
    func methodPassword() async throws {
        let user = try await OnePromptLogin(
            LoginProgram.sshdByPassword(),
            stack: [
                "auth requisite module forward_pass", "auth required pam_unix.so use_first_pass",
            ])
        let server = try await user.server("password")
        try await tryAll(user) { typed in
            let terminal = try user.ssh("password", server)
            try await terminal.expect("'s password: ")
            try await terminal.type(typed)
            return try await terminal.expectAny([user.fixture.welcome, "Permission denied"]) == 0
        }
    }

    /// sshd answers only questions without echo: a login by its method `password` fails at the
    /// question for the code, and no try is burned.
    @Test("sshd's method password without forward_pass: it lets a user in, or uses up a try")
    func methodPasswordWithoutForwarding() async throws {
        let user = try await OnePromptLogin(
            LoginProgram.sshdByPassword(),
            stack: ["auth requisite pam_unix.so", "auth required module"])
        let server = try await user.server("password")
        for _ in 0..<2 {
            let terminal = try user.ssh("password", server)
            try await terminal.expect("'s password: ")
            try await terminal.type(user.password)
            let met = try await terminal.expectAny([user.fixture.welcome, "Permission denied"])
            #expect(met == 1)
        }
        let lines = user.fixture.logged(user.fixture.person.name)
        #expect(lines.count == 2 && lines.allSatisfy { $0.fields["reason"] == "no-answer" })
        #expect(try await user.failures() == 0)

        let both = try await user.server("password keyboard-interactive:pam")
        defer { withExtendedLifetime(both) {} }
        let terminal = try user.ssh("keyboard-interactive", both)
        try await terminal.expect("Password: ")
        try await terminal.type(user.password)
        try await terminal.expect(LoginFixture.Words.prompt)
        try await terminal.type(try await user.phone.code())
        try await terminal.expect(user.fixture.welcome)
    }

    /// With `echo=no` sshd also answers the code's question with the password, which counts as a
    /// failure.
    @Test("With echo=no, the password that sshd gives to our question is taken for a code")
    func methodPasswordWithAHiddenQuestion() async throws {
        let user = try await OnePromptLogin(
            LoginProgram.sshdByPassword(),
            stack: ["auth requisite pam_unix.so", "auth required module echo=no"])
        let server = try await user.server("password")
        defer { withExtendedLifetime(server) {} }
        let terminal = try user.ssh("password", server)
        try await terminal.expect("'s password: ")
        try await terminal.type(user.password)
        try await terminal.expect("Permission denied")
        let line = try #require(user.fixture.logged(user.fixture.person.name).last)
        #expect(line.fields["reason"] == "malformed")
    }

    /// A code instead of the password, without a question of ours.
    @Test("use_first_pass: the code instead of the password is refused, or the password lets in")
    func whatAnEarlierModuleWasGiven() async throws {
        let user = try await OnePromptLogin(
            LoginProgram.sshdByPassword(),
            stack: [
                "auth [success=ok default=ignore] pam_unix.so",
                "auth required module use_first_pass",
            ])
        let server = try await user.server("keyboard-interactive:pam")
        let code = try await user.phone.code()
        #expect(
            try await answer(
                try user.ssh("keyboard-interactive", server), "Password: ", code, user))
        #expect(
            try await !answer(
                try user.ssh("keyboard-interactive", server), "Password: ", user.password, user))
    }
}
