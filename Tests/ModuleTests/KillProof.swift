import Foundation
import TestSupport
import Testing

/// A login that is killed at each of its system calls, from the first of libpam's on.
@Suite("A login killed at every system call")
struct KilledLoginProof {
    @Test(
        "The record is whole, a yes is used up, a try is counted, and the next login works",
        arguments: LoginKind.allCases)
    func killed(kind: LoginKind) async throws {
        var (count, reached): (Int, Set<Int>) = (0, [])
        for arguments in Proof.isLong ? ["", "nullok"] : [""] {
            let rehearsal = try await Rehearsal(kind, arguments)
            let stages = try await Stages(rehearsal)
            #expect(stages.calls.count > 80)
            for call in Proof.isLong ? Array(stages.calls) : stages.calls.filter(\.changesOrTells) {
                reached.insert(try await kill(rehearsal, at: call, stages))
                count += 1
            }
            #expect(reached.count == stages.all.count, "\(arguments)")
        }
        try Proof.tell(
            "Killed at every system call", "a login by \(kind.title)",
            "\(count) logins killed: records whole, used codes used up, tries counted")
    }

    /// Kills a login as this call begins; which stage of the record was reached.
    private func kill(
        _ rehearsal: Rehearsal, at call: Trace.Call, _ stages: Stages
    ) async throws -> Int {
        try rehearsal.restore()
        let file = rehearsal.enrolled.scratch.file("killed")
        let end = try await rehearsal.login(
            Trace.words(to: file, calls: [call.name] + Trace.changing, injection: call.kill))
        #expect(end.status == 128 + SIGKILL, "\(call)")
        let stage = stages.after(try Trace(file))
        #expect(try rehearsal.standing() == stage, "\(call)")
        if end.isGranted { #expect(stage == stages.all.last, "\(call)") }
        // What was half made has a name of its own, and is gone with the next that is made.
        let others = try rehearsal.otherChanges()
        #expect(others.allSatisfy { $0.hasPrefix("new.") } && others.count <= 1, "\(call)")
        if rehearsal.kind.isOnce, rehearsal.kind != .wrongCode {
            // Whoever was let in, or would have been, is so once.
            let again = try await rehearsal.repeated(end).isGranted
            #expect(again == (stage?.temporary != true && stage != stages.all.last), "\(call)")
        }
        #expect(try await rehearsal.loginAfterwards(end.phone) == "PAM_SUCCESS", "\(call)")
        #expect(try rehearsal.otherChanges().isEmpty, "\(call)")
        return stages.all.firstIndex(of: stage) ?? -1
    }
}

extension Trace.Call {
    /// Whether it is one between which a record changes, or the end is said.
    fileprivate var changesOrTells: Bool {
        ["flock", "pwritev", "fdatasync", "fsync", "renameat2", "sendto", "write"].contains(name)
    }
}
