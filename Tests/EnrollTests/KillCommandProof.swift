import Foundation
import TestSupport
import Testing

/// A service that is killed at each system call that it makes for a command.
@Suite struct KilledCommandProof {
    @Test(arguments: WritingCommand.all)
    func theRecordIsAsBeforeOrAsAfter(command: WritingCommand) async throws {
        let rehearsal = try await CommandRehearsal(command)
        let whole = Proof.isLong ? Array(rehearsal.calls) : rehearsal.calls.filter(\.changesOrTells)
        #expect(whole.count > 4)
        var seen: [RecordState] = []
        for call in whole {
            try rehearsal.restore()
            let done = try await rehearsal.run(
                rehearsal.traced([call.name] + Trace.changing, injection: call.kill))
            #expect(done.status < 2, "\(call): \(done.errors)")
            let state = try await rehearsal.state()
            #expect(state == rehearsal.state(after: try Trace(rehearsal.trace)), "\(call)")
            // Nothing is reported before it is done.
            if rehearsal.claims(done) { #expect(state == rehearsal.states.last, "\(call)") }
            let others = try rehearsal.otherChanges()
            #expect(others.allSatisfy { $0.hasPrefix("new.") } && others.count <= 1, "\(call)")
            try await rehearsal.expectLife(after: state, "\(call)")
            if !seen.contains(state) { seen.append(state) }
        }
        #expect(seen.count == rehearsal.states.count)
        try Proof.tell(
            "Killed at every system call", "`otp-enroll \(command.testDescription)`",
            "killed \(whole.count) times: the change was made or not, and nothing else changed")
    }
}

extension Trace.Call {
    /// Whether something changes or is reported between these calls.
    fileprivate var changesOrTells: Bool {
        [
            "flock", "pwritev", "fdatasync", "fsync", "renameat2", "unlinkat", "mkdirat", "sendto",
            "write",
        ].contains(name)
    }
}
