import Foundation
import TestSupport
import Testing

/// A command that is killed at each system call of its work.
@Suite struct KilledCommandProof {
    @Test(arguments: WritingCommand.all)
    func theRecordIsAsBeforeOrAsAfter(command: WritingCommand) async throws {
        let rehearsal = try await CommandRehearsal(command)
        let whole = Proof.isLong ? Array(rehearsal.calls) : rehearsal.calls.filter(\.changesOrTells)
        #expect(whole.count > 4)
        var seen: [RecordState] = []
        for call in whole {
            try rehearsal.restore()
            let file = rehearsal.desk.scratch.file("killed")
            let done = try await rehearsal.run(
                Trace.words(to: file, calls: [call.name] + Trace.changing, injection: call.kill))
            #expect(done.status == 128 + SIGKILL, "\(call): \(done.errors)")
            let state = try await rehearsal.state()
            #expect(state == rehearsal.state(after: try Trace(file)), "\(call)")
            // Nothing is said before it is so.
            if !done.output.isEmpty { #expect(state == rehearsal.states.last, "\(call)") }
            let others = try rehearsal.otherChanges()
            #expect(others.allSatisfy { $0.hasPrefix("new.") } && others.count <= 1, "\(call)")
            try await rehearsal.expectLife(after: state, "\(call)")
            if !seen.contains(state) { seen.append(state) }
        }
        #expect(seen.count == rehearsal.states.count)
        try Proof.tell(
            "Killed at every system call", "`otp-enroll \(command.testDescription)`",
            "\(whole.count) times: the record as before or as after, and nothing else changed")
    }
}

extension Trace.Call {
    /// Whether it is one between which something changes, or is said.
    fileprivate var changesOrTells: Bool {
        [
            "flock", "pwritev", "fdatasync", "fsync", "renameat2", "unlinkat", "mkdirat", "sendto",
            "write",
        ].contains(name)
    }
}
