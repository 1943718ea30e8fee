import Foundation
import TestSupport

/// A setuid copy of pam-dialogue, run by an enrolled ordinary user.
struct SetuidHost {
    let enrolled: Enrolled
    private let account: Account
    private let program: String
    /// In the environment of each service that a login here starts.
    private let mark: String
    let stack: Stack

    /// `arguments` are the module's.
    init(_ arguments: String = "") async throws {
        account = try await Self.account.value
        enrolled = try Enrolled(user: account.name)
        program = enrolled.scratch.file("pam-dialogue")
        mark = "SETUID=\(program)"
        // By another process: a program that is open for writing, even in a child being started in
        // parallel, cannot be run.
        try await Command.output(["cp", try Build.product("pam-dialogue"), program])
        guard chown(program, 0, 0) == 0, chmod(program, 0o4755) == 0 else {
            throw Trouble("cannot make \(program) setuid")
        }
        stack = try enrolled.stack(arguments, behind: ["env", mark])
    }

    /// Waits until no service still works for a login whose program was killed.
    func waitForServices() async throws { try await ServiceAccess.waitForServices(mark) }

    /// The words that run the program as its user, after other words.
    func running(_ words: [String]) -> [String] { account.running(words + [program]) }

    /// Words before pam-dialogue that make its user run the setuid one, after this shell line.
    func around(_ line: String) -> [String] {
        account.running(["sh", "-c", "\(line); exec \(program)"])
    }

    /// The result of one login, behind these words; nil if the program produced none.
    func login(
        _ answer: String, _ words: [String] = []
    ) async throws -> String? {
        let lines = try await lines(
            ["user \(enrolled.user)", "fail-delay note", "answer \(answer)", "go authenticate"],
            words)
        guard let line = lines.last else { return nil }
        guard lines.count == 1 else { throw Trouble("it said more: \(lines)") }
        return try? JSONDecoder().decode(DialogueResult.self, from: Data(line.utf8)).name
    }

    /// What the program prints.
    func lines(
        _ commands: [String], _ words: [String] = []
    ) async throws -> [Substring] {
        let input =
            ["confdir \(stack.folder)", "service \(stack.service)"] + commands + ["quit", ""]
        // Through a pipe, to which no file size limit applies.
        let program = running(words)
        let done = try await Command.run(
            ["sh", "-c", "\"$@\" | cat", "sh"] + program,
            input: input.joined(separator: "\n"))
        return done.output.split(separator: "\n")
    }

    private static let account = Task { try await Account.make("caller") }
}
