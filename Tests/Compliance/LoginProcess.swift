import Foundation
import TestSupport

/// The user at the keyboard: one process of pam-dialogue, whose clock we set, and which logs in as
/// often as told. Each login is its own transaction, which loads and unloads the module.
final class LoginProcess {
    /// One login, as reported by pam-dialogue.
    private struct Line: Decodable {
        let name: String
        let prompts: Int
    }

    private let clock: StoppedClock
    private let process = Process()
    private let input = Pipe(), output = Pipe()
    private var buffer: [UInt8] = []

    init(_ clock: StoppedClock) throws {
        self.clock = clock
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        // faketime itself knows where its library is; the time then comes from a file, which is
        // read at each query.
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
    func run(_ one: Try, in folder: String, _ answers: [String?]) throws -> End {
        try clock.set(one.time)
        let lines =
            [
                "confdir \(folder)", "service \(EnrolledService.name)", "user \(one.user)",
                "rhost \(one.host ?? "")", "fail-delay note", "forget",
            ] + answers.map { $0.map { "answer \($0)" } ?? "no-answer" } + ["go authenticate", ""]
        try input.fileHandleForWriting.write(
            contentsOf: Data(lines.joined(separator: "\n").utf8))
        while true {
            // A module may print something in between.
            if let result = try? JSONDecoder().decode(Line.self, from: try line()) {
                return End(result: result.name, questions: result.prompts)
            }
        }
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
            guard !more.isEmpty else { throw Trouble("pam-dialogue ended") }
            buffer += more
        }
    }

    deinit { try? input.fileHandleForWriting.close() }
}
