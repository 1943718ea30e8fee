import Foundation
import OTPCore
import OTPStore
import TestSupport

/// Processes that wait at the prompt, and answer all at once.
final class WaitingLogins {
    let enrolled: Enrolled
    private let members: [Member]

    init(_ count: Int, _ enrolled: Enrolled? = nil) throws {
        let enrolled = try enrolled ?? Enrolled()
        let stack = try enrolled.stack()
        self.enrolled = enrolled
        members = try (0..<count).map { _ in try Member(stack, user: enrolled.user) }
    }

    /// Logs everybody in with their own answer at the same moment; how many got in.
    func logIn(_ answers: [String]) throws -> Int {
        try gather(answers.count)
        try answer(answers)
        return try members.prefix(answers.count).reduce(0) { $0 + (try $1.granted() ? 1 : 0) }
    }

    /// Lets the first `count` begin a login, and waits until they are asked.
    func gather(_ count: Int) throws {
        for member in members.prefix(count) { try member.begin() }
    }

    /// What the first ones answer, each their own.
    func answer(_ answers: [String]) throws {
        for (member, answer) in zip(members, answers) { try member.answer(answer) }
    }

    /// How it ended for the first `count`.
    func results(_ count: Int) throws -> [DialogueResult] {
        try members.prefix(count).map { try $0.result() }
    }

    private struct Member {
        private let program: LineProgram

        init(_ stack: Stack, user: String) throws {
            program = try LineProgram([try Build.product("pam-dialogue")])
            try program.send(
                "confdir \(stack.folder)\nservice \(stack.service)\nuser \(user)\n")
        }

        /// Starts a login and waits until it asks.
        func begin() throws {
            try program.send("answer-later\ngo authenticate\n")
            let line = try program.line()
            guard line.contains("\"prompt\"") else { throw Trouble("no prompt: \(line)") }
        }

        func answer(_ text: String) throws { try program.send("answer \(text)\n") }

        func granted() throws -> Bool {
            let line = try program.line()
            guard line.contains("PAM_SUCCESS") || line.contains("PAM_AUTH_ERR") else {
                throw Trouble(line)
            }
            return line.contains("PAM_SUCCESS")
        }

        func result() throws -> DialogueResult {
            try JSONDecoder().decode(DialogueResult.self, from: Data(try program.line().utf8))
        }
    }
}

extension Enrolled {
    /// Forgets all failures, as root's `unlock` does.
    func forgive() throws { try change { $0.throttle.unlock() } }
}
