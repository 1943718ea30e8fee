import Foundation
import TestSupport
import Testing

/// A remote person without any factor at the real sshd: what is shown for enrolled users, other
/// users, and unknown names.
@Suite("Strangers at sshd") struct StrangerLoginTests {
    private static let code = LoginFixture.Words.prompt

    /// A stack, and what it asks for.
    struct Stack: CustomTestStringConvertible, Sendable {
        let testDescription: String
        let lines: [String]
        let questions: [String]
        /// The log's reason for the enrolled user's last try.
        var reason = "throttled"
    }

    static let stacks = [
        Stack(
            testDescription: "code first",
            lines: ["auth requisite module", "auth required pam_unix.so"],
            questions: [code]),
        Stack(
            testDescription: "in one field",
            lines: [
                "auth requisite module forward_pass", "auth required pam_unix.so use_first_pass",
            ],
            questions: ["Password & verification code: "]),
        Stack(
            testDescription: "code after a wrong password",
            lines: ["auth required pam_unix.so", "auth required module retry=2"],
            questions: ["Password: ", code, code]),
    ]

    /// What is shown at each of seven tries, without the name and what was typed.
    private func shown(
        to name: String, by server: SSHServer, _ stack: Stack, _ guesses: [String]
    ) async throws -> [String] {
        var shown: [String] = []
        for (index, guess) in guesses.enumerated() where index < 7 {
            let terminal = try Terminal(
                SSHClient.words(
                    name, on: server, identity: nil, command: SSHDoor.proof,
                    options: [
                        "-o", "PreferredAuthentications=keyboard-interactive",
                        "-o", "NumberOfPasswordPrompts=1",
                    ]))
            var typed: [String] = []
            for (number, question) in stack.questions.enumerated() {
                try await terminal.expect(question)
                typed.append(number == 2 ? guesses[7 + index] : guess)
                try await terminal.type(typed[number])
            }
            try await terminal.expect("Permission denied")
            let text = typed.reduce(await terminal.transcript) {
                $0.replacing($1, with: "GUESS")
            }
            shown.append(text.replacing(name, with: "NAME"))
        }
        return shown
    }

    @Test("Seven tries each reveal who is enrolled, or who exists", arguments: stacks)
    func same(stack: Stack) async throws {
        let fixture = try await LoginFixture(LoginProgram.sshdByPassword())
        let (phone, _) = try await fixture.enroll()
        let policy = try Policy()
        let module = try fixture.module()
        try policy.replace(
            withLine: stack.lines.map { $0.replacing("module", with: module) }
                .joined(separator: "\n"), passwordOf: "sshd")
        let server = try await SSHServer(
            methods: "any", policy: policy,
            settings: ["Match all", "AuthenticationMethods keyboard-interactive:pam"])
        var guesses: [String] = []
        while guesses.count < 14 {
            let guess = try await phone.wrongCode()
            if !guesses.contains(guess) { guesses.append(guess) }
        }
        let known = try await Account.make("known").name
        let unknown = "nobody\(Int.random(in: 1000...9999))"
        let all = guesses
        let sights = try await withThrowingTaskGroup(of: (Int, [String]).self) { group in
            for (index, name) in [fixture.person.name, known, unknown].enumerated() {
                group.addTask { (index, try await shown(to: name, by: server, stack, all)) }
            }
            return try await group.reduce(into: [[], [], []]) { $0[$1.0] = $1.1 }
        }
        for sight in sights { #expect(sight == sights[0]) }
        #expect(sights[0].count == 7 && Set(sights[0]).count == 1, "\(sights[0])")
        // The wait was really reached.
        let last = try #require(fixture.logged(fixture.person.name).last)
        #expect(last.fields["reason"] == stack.reason, "\(last)")
    }
}
