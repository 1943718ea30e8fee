import Foundation
import TestSupport

/// pam-dialogue as a host without copies of its own: answers come from pipes, messages go straight
/// to a file, and it stops when the login is over, before it does anything else.
final class SecretHost {
    let pid: pid_t
    private let program: PipedChild
    private let scratch: Scratch
    private let pipes: [String]
    private let messages: String
    private var answered = 0

    /// Starts a login of `user` that may ask `questions` questions, inside of `around`, which may
    /// name a program of its own; with `plainly`, answers are passed in pam-dialogue's usual way,
    /// in which it keeps copies.
    init(
        _ stack: Stack, user: String, _ more: [String] = [], questions: Int = 1,
        around: [String] = [], namesProgram: Bool = false, plainly: [String] = []
    ) throws {
        let scratch = try Scratch()
        messages = try scratch.write("", to: "messages", mode: 0o666)
        pipes = (0..<questions).map { scratch.file("answer\($0)") }
        for pipe in pipes {
            guard mkfifo(pipe, 0o666) == 0, chmod(pipe, 0o666) == 0 else {
                throw Trouble("no pipe \(pipe)")
            }
        }
        self.scratch = scratch
        program = try PipedChild(
            around + (namesProgram ? [] : [Build.product("pam-dialogue")]))
        pid = program.child.pid
        let answers = plainly.isEmpty ? pipes.map { "answer-file \($0)" } : plainly
        let commands =
            [
                "confdir \(stack.folder)", "service \(stack.service)", "tty pts/7", "user \(user)",
                "fail-delay note", "show-to \(messages)", "halt on",
            ] + more + answers + ["go authenticate", ""]
        try program.write(commands.joined(separator: "\n"))
    }

    /// Waits for the next question, and answers it.
    func answer(_ text: String) async throws {
        let path = pipes[answered]
        answered += 1
        // A pipe can be opened for writing only when it has a reader.
        let pipe = try await patiently("a question") {
            let pipe = open(path, O_WRONLY | O_NONBLOCK | O_CLOEXEC)
            return pipe >= 0 ? pipe : nil
        }
        defer { close(pipe) }
        let line = Array((text + "\n").utf8)
        guard write(pipe, line, line.count) == line.count else { throw Trouble("no answer") }
    }

    /// Waits until a text was said `times` times, and returns all messages.
    func hear(_ text: String, times: Int = 1) async throws -> String {
        try await patiently("“\(text)”") {
            // Possibly cut within a character.
            let bytes = try Data(contentsOf: URL(fileURLWithPath: messages))
            let said = String(decoding: bytes, as: UTF8.self)
            return said.components(separatedBy: text).count > times ? said : nil
        }
    }

    /// Waits for the end of the login, where the process stops.
    func stop() async throws {
        let status = "/proc/\(pid)/status"
        try await patiently("the login to end", within: .seconds(40)) {
            let text = try String(contentsOfFile: status, encoding: .utf8)
            return text.contains("State:\tT") ? () : nil
        }
    }

    /// Lets it go on, and returns the login's result; `nil` if the process has ended without one.
    func outcome() async throws -> DialogueResult? {
        program.child.signal(SIGCONT)
        return try await program.line().map {
            try JSONDecoder().decode(DialogueResult.self, from: $0)
        }
    }

    /// Lets it go on, and returns the login's result.
    func result() async throws -> DialogueResult {
        guard let result = try await outcome() else { throw Trouble("pam-dialogue ended") }
        return result
    }

    /// The current memory.
    var image: MemoryImage {
        get throws { try MemoryImage(of: pid) }
    }
}

extension Stack {
    /// The same with the module as installed: what a compiler leaves in memory depends on its
    /// options.
    func released(_ scratch: Scratch) throws -> Stack {
        let module = scratch.file("pam_swiftotp.so")
        if access(module, F_OK) != 0 {
            try FileManager.default.copyItem(
                atPath: Build.released("libpam_swiftotp.so"), toPath: module)
            chmod(module, 0o755)
        }
        let file = URL(fileURLWithPath: "\(folder)/\(service)")
        let lines = try String(contentsOf: file, encoding: .utf8).split(separator: "\n")
        guard let first = lines.first,
            let old = first.split(separator: " ").first(where: {
                $0.hasSuffix("swiftotp.so")
            })
        else { throw Trouble("no module in \(file.path)") }
        let text = lines.joined(separator: "\n").replacing(old, with: module) + "\n"
        try Data(text.utf8).write(to: file)
        return self
    }
}
