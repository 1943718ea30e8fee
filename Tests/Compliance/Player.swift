import Foundation
import TestSupport

/// The person at the keyboard: one process of pam-dialogue, whose clock is what we say, and which
/// logs in as often as it is told. Each login is a transaction of its own, which loads the module
/// and unloads it.
final class Player {
    /// One login, as pam-dialogue tells it.
    private struct Line: Decodable {
        let name: String
        let prompts: Int
    }

    private let clock: StoppedClock
    private let process = Process()
    private let input = Pipe(), output = Pipe()
    private var buffer: [UInt8] = []
    /// What was printed beside the results, by a module.
    private(set) var chatter: [String] = []

    init(_ clock: StoppedClock) throws {
        self.clock = clock
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        // faketime itself knows where its library is; the moment then comes from a file, which is
        // looked into at each question for the time.
        process.arguments = [
            "faketime", "-f", "+0d", "env", "-u", "FAKETIME",
            "FAKETIME_TIMESTAMP_FILE=\(clock.file)",
            "FAKETIME_NO_CACHE=1", "TZ=UTC", try Build.product("pam-dialogue"),
        ]
        process.standardInput = input
        process.standardOutput = output
        try process.run()
    }

    /// Logs in: `answers` are given in turn (nil is none), and nothing after them.
    func logIn(
        _ one: Try, service: String, in folder: String, _ answers: [String?]
    ) throws -> End {
        try begin(one, service: service, in: folder, answers)
        return try end()
    }

    /// Starts such a login.
    func begin(
        _ one: Try, service: String, in folder: String, _ answers: [String?]
    ) throws {
        try begin(
            one, service: service, in: folder,
            replies: answers.map { $0.map { "answer \($0)" } ?? "no-answer" })
    }

    /// Starts a login, which waits at its question for `answer`.
    func beginToAsk(_ one: Try, service: String, in folder: String) throws {
        try begin(one, service: service, in: folder, replies: ["answer-later"])
        while true {
            let text = String(decoding: try line(), as: UTF8.self)
            if text.contains("\"event\":\"prompt\"") { return }
            guard !text.contains("\"op\":") else { throw Trouble("no question: \(text)") }
        }
    }

    /// Answers the question at which a login waits.
    func answer(_ text: String) throws {
        try input.fileHandleForWriting.write(contentsOf: Data("answer \(text)\n".utf8))
    }

    private func begin(
        _ one: Try, service: String, in folder: String, replies: [String]
    ) throws {
        try clock.set(one.time)
        let lines =
            [
                "confdir \(folder)", "service \(service)", "user \(one.user)",
                "rhost \(one.host ?? "")", "fail-delay note", "forget",
            ] + replies + ["go authenticate", ""]
        try input.fileHandleForWriting.write(
            contentsOf: Data(lines.joined(separator: "\n").utf8))
    }

    /// How the login ended that was started.
    func end() throws -> End {
        while true {
            let line = try line()
            if let result = try? JSONDecoder().decode(Line.self, from: line) {
                return End(result: result.name, questions: result.prompts)
            }
            chatter.append(String(decoding: line, as: UTF8.self))
        }
    }

    /// Ends the process, and takes what it still had to print.
    func finish() throws {
        try input.fileHandleForWriting.close()
        let rest = output.fileHandleForReading.readDataToEndOfFile()
        chatter.append(String(decoding: Data(buffer) + rest, as: UTF8.self))
        buffer = []
    }

    /// The process that logs in: faketime's child, from the moment on at which it is there.
    func pid() async throws -> pid_t { try await descendant(running: "pam-dialogue") }

    /// The service that ours has started for the login that waits at its question.
    func service() async throws -> pid_t { try await descendant(running: "swiftotpd") }

    private func descendant(running program: String) async throws -> pid_t {
        let root = process.processIdentifier
        return try await patiently("\(program) to start") {
            Player.descendants(of: root).first { pid in
                let path = try? FileManager.default.destinationOfSymbolicLink(
                    atPath: "/proc/\(pid)/exe")
                return path?.hasSuffix("/" + program) ?? false
            }
        }
    }

    private static func descendants(of pid: pid_t) -> [pid_t] {
        let list = try? String(contentsOfFile: "/proc/\(pid)/task/\(pid)/children", encoding: .utf8)
        let children = (list ?? "").split(separator: " ").compactMap { pid_t($0) }
        return children + children.flatMap(descendants)
    }

    private func line() throws -> Data {
        while true {
            if let end = buffer.firstIndex(of: 10) {
                let line = Data(buffer[..<end])
                buffer.removeSubrange(...end)
                return line
            }
            let file = output.fileHandleForReading
            var wait = pollfd(fd: file.fileDescriptor, events: Int16(POLLIN), revents: 0)
            guard poll(&wait, 1, 60_000) > 0 else { throw Trouble("no answer in a minute") }
            let more = file.availableData
            guard !more.isEmpty else { throw Trouble("pam-dialogue ended: \(chatter)") }
            buffer += more
        }
    }

    deinit { try? input.fileHandleForWriting.close() }
}
