import Testing

@testable import OTPCore

/// How ssh clients and libraries classify a question, by the rules in Vectors/prompt-rules.txt.
@Suite("Questions, as clients know them")
struct PromptRuleTests {
    /// A rule of one project.
    private struct Rule {
        /// Whether it recognizes the question for a code; otherwise, the one for the password.
        let isForCode: Bool
        /// Whether it reads the line that ssh prints, instead of the prompt from sshd.
        let readsLine: Bool
        /// Whether it answers only questions without echo.
        let wantsHidden: Bool
        let project: String
        let pattern: Regex<AnyRegexOutput>

        /// Whether it answers this question.
        func takes(_ prompt: String, echo: Bool) throws -> Bool {
            if wantsHidden && echo { return false }
            let text = readsLine ? "(alice@host.example) " + prompt : prompt
            return try pattern.firstMatch(in: text) != nil
        }
    }

    private func rules() throws -> [Rule] {
        try vectors("prompt-rules.txt").map { row in
            try #require(row.count == 6, "\(row)")
            #expect(["code", "password"].contains(row[0]) && ["prompt", "line"].contains(row[1]))
            return Rule(
                isForCode: row[0] == "code", readsLine: row[1] == "line",
                wantsHidden: row[2] == "hidden", project: row[3], pattern: try Regex(row[5]))
        }
    }

    /// The projects that take `prompt` for a question for a code, and those that take it for one
    /// for the password.
    private func takers(
        of prompt: String, echo: Bool
    ) throws -> (code: [String], password: [String]) {
        let takers = try rules().filter { try $0.takes(prompt, echo: echo) }
        return (
            takers.filter(\.isForCode).map(\.project),
            takers.filter { !$0.isForCode }.map(\.project)
        )
    }

    @Test("A client that waits for the question for a code does not recognize ours")
    func code() throws {
        let all = try rules().filter(\.isForCode).map(\.project)
        #expect(all.count >= 7)
        for echo in [true, false] {
            #expect(try takers(of: UserText.question.english, echo: echo).code == all)
        }
    }

    @Test("A client that has a password gives it to the question for a code")
    func password() throws {
        #expect(try rules().count { !$0.isForCode } >= 10)
        for echo in [true, false] {
            #expect(try takers(of: UserText.question.english, echo: echo).password == [])
        }
    }

    /// What the rules say about other questions: without this, a rule that matches nothing or
    /// everything would pass.
    @Test("The rules do not distinguish a password's question from others")
    func othersQuestions() throws {
        let all = try rules().filter { !$0.isForCode }
        for rule in all {
            #expect(try rule.takes("Password: ", echo: false), "\(rule.project)")
        }
        let first = try takers(of: "Code from your app (or a backup code): ", echo: true)
        #expect(first.code == [] && first.password == [])
    }

    /// Programs with a single field send password and code joined in it.
    @Test("The question for both looks like one for a code, or is unknown to one-field programs")
    func joined() throws {
        let found = try takers(of: UserText.joinedQuestion.english, echo: false)
        #expect(found.password.contains("ronf/asyncssh"))
        #expect(found.password.contains("apache/mina-sshd"))
        #expect(found.code.contains("Termix-SSH/Termix"))
        #expect(!found.code.contains("x2go/x2goclient"))
    }

    @Test(
        "A client answers a question of an enrollment or about trust by itself",
        arguments: [
            "Code shown by the app: ",
            "Code shown by the app (i: invert, a: ASCII, Enter: later): ",
            "Skip the code for 30 days when you log in with it? [y/N, or y and a name]: ",
        ])
    func otherQuestions(_ question: String) throws {
        let found = try takers(of: question, echo: true)
        #expect(found.code == [] && found.password == [])
    }
}
