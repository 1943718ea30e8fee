import Foundation
import OTPCore
import OTPStore
import TestSupport

/// Processes that wait at the prompt, and answer all at once.
final class Crowd {
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
    func results(_ count: Int) throws -> [Result] {
        try members.prefix(count).map { try $0.result() }
    }

    private struct Member {
        private let program: Partner

        init(_ stack: Stack, user: String) throws {
            program = try Partner([try Build.product("pam-dialogue")])
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

        func result() throws -> Result {
            try JSONDecoder().decode(Result.self, from: Data(try program.line().utf8))
        }
    }
}

/// Holds back all who want to write to a record, until they are there.
///
/// It holds the lock as a reader does, so that who only reads comes through.
final class Gate {
    private let file: Int32
    private let path: String
    private let end = ContinuousClock.now + .seconds(6)

    /// Whether it has opened by itself.
    var isOver: Bool { ContinuousClock.now > end }

    init(_ path: String) throws {
        self.path = path
        file = Glibc.open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0, flock(file, LOCK_SH) == 0 else { throw Trouble("no lock on \(path)") }
        // Those who wait give up after 10 seconds. By a thread of its own: who gathers them may
        // have to wait for its turn as long as that.
        let same = fcntl(file, F_DUPFD_CLOEXEC, 0)
        Thread.detachNewThread {
            Thread.sleep(forTimeInterval: 6)
            flock(same, LOCK_UN)
            close(same)
        }
    }

    /// Waits until so many processes have the record open to write to it;
    /// how many have. Not for longer than this: on a busy machine some come later.
    func gather(_ count: Int, atMost limit: Duration = .seconds(4)) async throws -> Int {
        let end = ContinuousClock.now + limit
        while true {
            let waiting = try Gate.processes().count { Gate.opens(path, $0) }
            if waiting >= count || ContinuousClock.now > end { return waiting }
            try await Task.sleep(for: .milliseconds(5))
        }
    }

    /// All processes there are: a service that was started for a login is nobody's child here.
    private static func processes() throws -> [pid_t] {
        try FileManager.default.contentsOfDirectory(atPath: "/proc").compactMap { pid_t($0) }
    }

    /// Whether a process has a file open to write to it.
    static func opens(_ path: String, _ process: pid_t) -> Bool {
        let folder = "/proc/\(process)"
        let names = (try? FileManager.default.contentsOfDirectory(atPath: "\(folder)/fd")) ?? []
        return names.contains { name in
            let target = try? FileManager.default.destinationOfSymbolicLink(
                atPath: "\(folder)/fd/\(name)")
            guard target == path,
                let text = try? String(contentsOfFile: "\(folder)/fdinfo/\(name)", encoding: .utf8),
                let line = text.split(separator: "\n").first(where: { $0.hasPrefix("flags:") })
            else { return false }
            // In octal; the last digit is how it was opened.
            return line.last == Character("\(O_RDWR)")
        }
    }

    func open() { flock(file, LOCK_UN) }

    deinit { close(file) }
}

extension Enrolled {
    /// Forgets all failures, as root's `unlock` does.
    func forgive() throws { try change { $0.throttle.unlock() } }
}

/// Where a login comes from.
enum Address {
    /// One that no other login has, to be found by in the log. In digits: where a login is denied,
    /// libpam's line for the kernel's audit looks names up, and waits for whoever should know them.
    static func unique() -> String {
        "2001:db8"
            + (0..<6).map { _ in String(format: ":%x", UInt16.random(in: 1...0xffff)) }.joined()
    }
}
