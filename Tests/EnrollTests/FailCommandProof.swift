import Foundation
import TestSupport
import Testing

/// A service whose system calls for a command fail, one in each run.
@Suite struct FailingCommandProof {
    private static let errors = [
        "ENOSPC", "EIO", "EROFS", "EINTR", "ENOMEM", "EFBIG", "EMFILE", "EAGAIN",
    ]

    /// Calls that cannot fail.
    private static let unfailing: Set = [
        "geteuid", "getuid", "getpid", "gettid", "exit_group", "rt_sigaction", "rt_sigprocmask",
    ]

    @Test(arguments: WritingCommand.all)
    func itIsDoneOrSaysThatItIsNot(command: WritingCommand) async throws {
        let rehearsal = try await CommandRehearsal(command)
        let calls = rehearsal.calls.filter { !Self.unfailing.contains($0.name) }
        // Each call with some of the errors, so that each error meets each kind of call.
        let stride = Proof.isLong ? 1 : 37
        var (count, done) = (0, 0)
        for (index, call) in calls.enumerated() where index % stride == stride / 2 {
            for turn in 0..<Proof.count(1, long: 3) {
                let error = Self.errors[(index * 3 + turn) % Self.errors.count]
                let lasts = turn == 1
                if lasts, error == "EINTR", ["read", "write", "sendto"].contains(call.name) {
                    // The C library and Foundation retry forever.
                    continue
                }
                let injection = call.failure(error, lasting: lasts)
                done += try await fail(rehearsal, call, injection) ? 1 : 0
                count += 1
            }
        }
        try Proof.tell(
            "Every call fails in turn", "`otp-enroll \(command.testDescription)`",
            "\(count) failures: \(done) times the command succeeded anyway, "
                + "\(count - done) times it failed and said so")
    }

    /// Runs the command while this call fails; returns whether it was done.
    private func fail(
        _ rehearsal: CommandRehearsal, _ call: Trace.Call, _ injection: String
    ) async throws -> Bool {
        try rehearsal.restore()
        let done = try await rehearsal.run(
            rehearsal.traced([call.name] + Trace.changing, injection: injection))
        let trace = try Trace(rehearsal.trace)
        let state = try await rehearsal.state()
        #expect(state == rehearsal.state(after: trace), "\(injection): \(done.errors)")
        let command = rehearsal.command
        if done.status == 0 {
            #expect(command.input != .wrongCode, "\(injection): \(done.output)")
            #expect(state == rehearsal.states.last, "\(injection): \(done.output)")
            #expect(trace.isDurable(step: rehearsal.states.count - 1), "\(injection)")
        } else if command.input != .wrongCode {
            #expect(!done.errors.isEmpty, "\(injection)")
        }
        // No false message is printed.
        if rehearsal.claims(done) { #expect(state == rehearsal.states.last, "\(injection)") }
        let others = try rehearsal.otherChanges()
        #expect(others.allSatisfy { $0.hasPrefix("new.") }, "\(injection): \(others)")
        try await rehearsal.expectLife(after: state, injection)
        return done.status == 0
    }
}
