import Foundation
import TestSupport
import Testing

/// Logins that stop, or end, while they hold the lock of the record.
@Suite("Logins that stop in the midst of it", .timeLimit(.minutes(60)))
struct CrowdStopProof {
    /// A login that stops where it begins to wait for the disk, with everything written.
    private func stopped(_ enrolled: Enrolled, _ answer: String) throws -> Talk {
        let strace = [
            "strace", "-f", "-o", try enrolled.scratch.write("", to: "trace"), "-e",
            "trace=fdatasync", "-e", "inject=fdatasync:signal=STOP:when=1",
        ]
        let talk = try Talk(enrolled.stack(), user: enrolled.user, around: strace)
        try talk.answer(answer)
        return talk
    }

    /// The process that has the record open, once it has stopped.
    private func holder(_ enrolled: Enrolled) async throws -> pid_t {
        let record = try enrolled.recordFile, trace = enrolled.scratch.file("trace")
        return try await patiently("a login to stop") {
            // Under strace it stands still at other calls as well, for a moment each.
            guard try String(contentsOfFile: trace, encoding: .utf8).contains("stopped by")
            else { return nil }
            let numbers = try FileManager.default.contentsOfDirectory(atPath: "/proc")
                .compactMap { pid_t($0) }
            return numbers.first { number in
                let status = try? String(contentsOfFile: "/proc/\(number)/status", encoding: .utf8)
                guard let status, status.contains("State:\tT") || status.contains("State:\tt")
                else { return false }
                return Gate.opens(record, number)
            }
        }
    }

    @Test("Stopped with the lock: others are denied; it goes on, and its code is good once")
    func goesOn() async throws {
        let enrolled = try Enrolled(), stack = try enrolled.stack()
        let (code, other) = (enrolled.backupCodes[0], enrolled.backupCodes[1])
        let talk = try stopped(enrolled, code)
        let process = try await holder(enrolled)
        async let same = stack.login(enrolled.user, [code])
        async let another = stack.login(enrolled.user, [other])
        #expect(
            try await [same.name, another.name]
                == .init(repeating: "PAM_AUTHINFO_UNAVAIL", count: 2))
        kill(process, SIGCONT)
        #expect(try talk.result().name == "PAM_SUCCESS")
        #expect(try await stack.login(enrolled.user, [code]).name == "PAM_AUTH_ERR")
        #expect(try await stack.login(enrolled.user, [other]).name == "PAM_SUCCESS")
    }

    @Test("Stopped and then killed: its code lets in one at most, and the others get in at once")
    func isKilled() async throws {
        for index in 0..<Proof.count(1, long: 20) {
            let enrolled = try Enrolled(), stack = try enrolled.stack()
            let (code, other) = (enrolled.backupCodes[0], enrolled.backupCodes[1])
            let talk = try stopped(enrolled, code)
            let process = try await holder(enrolled)
            async let waiting = stack.login(enrolled.user, [other])
            try await Task.sleep(for: .milliseconds(index * 20))
            kill(process, SIGKILL)
            #expect(try await waiting.name == "PAM_SUCCESS")
            // It was told nothing, and what it had written counts.
            #expect(try await stack.login(enrolled.user, [code]).name == "PAM_AUTH_ERR")
            #expect(try enrolled.read { $0.backupCodesLeft } == 8)
            withExtendedLifetime(talk) {}
        }
    }
}
