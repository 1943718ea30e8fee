import Foundation
import OTPStore
import TestSupport
import Testing

/// One code, one login: 64 processes that log in at the same moment.
@Suite("One code, one login", .serialized)
struct Concurrency {
    static let processes = 64
    static let rounds = 200

    @Test("64 processes, one code, 200 rounds: one yes in every round")
    func sameCode() async throws {
        let crowd = try Crowd(Self.processes)
        for round in 0..<Self.rounds {
            let enrolled = crowd.enrolled
            try enrolled.change { record in
                record.throttle.unlock()
            }
            // The clock gives a new code every 30 s only: a round takes a fresh key.
            let phone = try enrolled.renewKey()
            let code = try await phone.code()
            let granted = try crowd.logIn(Array(repeating: code, count: Self.processes))
            #expect(granted == 1, "round \(round)")
        }
    }

    @Test("64 processes, one backup code, 200 rounds: one yes in every round")
    func sameBackupCode() async throws {
        let crowd = try Crowd(Self.processes)
        var codes: [String] = []
        for round in 0..<Self.rounds {
            try crowd.enrolled.change { $0.throttle.unlock() }
            if codes.isEmpty { codes = try crowd.enrolled.renewBackupCodes() }
            let granted = try crowd.logIn(
                Array(repeating: codes.removeFirst(), count: Self.processes))
            #expect(granted == 1, "round \(round)")
        }
        #expect(try crowd.enrolled.read { $0.backupCodesLeft } == codes.count)
    }

    @Test("64 processes, one temporary code, 200 rounds: one yes in every round")
    func sameTemporaryCode() async throws {
        let crowd = try Crowd(Self.processes)
        for round in 0..<Self.rounds {
            try crowd.enrolled.change { $0.throttle.unlock() }
            let code = try crowd.enrolled.issue()
            let granted = try crowd.logIn(Array(repeating: code, count: Self.processes))
            #expect(granted == 1, "round \(round)")
        }
    }

    @Test("two different good factors at once: both win, nothing is lost")
    func twoFactors() async throws {
        let crowd = try Crowd(2)
        var codes: [String] = []
        for round in 0..<20 {
            if codes.isEmpty { codes = try crowd.enrolled.renewBackupCodes() }
            let phone = try crowd.enrolled.renewKey()
            let code = try await phone.code()
            let granted = try crowd.logIn([code, codes.removeFirst()])
            #expect(granted == 2, "round \(round)")
            #expect(try crowd.enrolled.read { $0.backupCodesLeft } == codes.count)
        }
    }
}

/// Processes that wait at the prompt, and answer all at once.
final class Crowd {
    let enrolled: Enrolled
    private let members: [Member]

    init(_ count: Int) throws {
        let enrolled = try Enrolled()
        let stack = try enrolled.stack()
        self.enrolled = enrolled
        members = try (0..<count).map { _ in try Member(stack, user: enrolled.user) }
    }

    /// Logs everybody in with their own answer at the same moment; how many got in.
    func logIn(_ answers: [String]) throws -> Int {
        for member in members { try member.begin() }
        for (member, answer) in zip(members, answers) { try member.answer(answer) }
        return try members.reduce(0) { $0 + (try $1.granted() ? 1 : 0) }
    }

    private final class Member {
        let process = Process()
        let input = Pipe(), output = Pipe()
        private var buffer: [UInt8] = []

        init(_ stack: Stack, user: String) throws {
            process.executableURL = URL(fileURLWithPath: try Build.product("pam-dialogue"))
            process.standardInput = input
            process.standardOutput = output
            try process.run()
            try send("confdir \(stack.folder)\nservice \(stack.service)\nuser \(user)\n")
        }

        /// Starts a login and waits until it asks.
        func begin() throws {
            try send("answer-later\ngo authenticate\n")
            let line = try line()
            guard line.contains("\"prompt\"") else { throw Trouble("no prompt: \(line)") }
        }

        func answer(_ text: String) throws { try send("answer \(text)\n") }

        func granted() throws -> Bool {
            let line = try line()
            guard line.contains("PAM_SUCCESS") || line.contains("PAM_AUTH_ERR") else {
                throw Trouble(line)
            }
            return line.contains("PAM_SUCCESS")
        }

        private func send(_ text: String) throws {
            try input.fileHandleForWriting.write(contentsOf: Data(text.utf8))
        }

        private func line() throws -> String {
            while true {
                if let end = buffer.firstIndex(of: 10) {
                    let line = String(decoding: buffer[..<end], as: UTF8.self)
                    buffer.removeSubrange(...end)
                    return line
                }
                let more = output.fileHandleForReading.availableData
                guard !more.isEmpty else { throw Trouble("pam-dialogue ended") }
                buffer += more
            }
        }

        deinit { try? input.fileHandleForWriting.close() }
    }
}
