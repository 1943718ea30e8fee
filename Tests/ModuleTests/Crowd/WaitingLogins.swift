import Foundation
import OTPCore
import OTPStore
import TestSupport

/// Processes that wait at the prompt, and answer all at once.
final class WaitingLogins {
    let enrolled: Enrolled
    private let members: [Member]

    init(_ count: Int) throws {
        let enrolled = try Enrolled()
        let stack = try enrolled.stack()
        self.enrolled = enrolled
        members = try (0..<count).map { _ in try Member(stack, user: enrolled.user) }
    }

    /// Logs all of them in at the same moment with one answer; returns how many got in.
    ///
    /// It is asked for once all of them wait: until then, a code can have become too old.
    func logIn(typing answer: () async throws -> String) async throws -> Int {
        for member in members { try member.begin() }
        let answer = try await answer()
        for member in members { try member.answer(answer) }
        return try members.reduce(0) { $0 + (try $1.granted() ? 1 : 0) }
    }

    private struct Member {
        private let program: LineProgram

        init(_ stack: Stack, user: String) throws {
            program = try LineProgram([try Build.product("pam-dialogue")])
            try program.send(
                "confdir \(stack.folder)\nservice \(stack.service)\nuser \(user)\n")
        }

        /// Starts a login and waits for its question.
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
    }
}

extension Enrolled {
    /// Clears all failures, like root's `unlock`.
    func forgive() throws { try change { $0.throttle.unlock() } }
}
