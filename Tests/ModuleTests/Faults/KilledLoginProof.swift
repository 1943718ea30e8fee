import Foundation
import TestSupport
import Testing

/// A login one of whose processes is killed at each of its system calls.
@Suite("A login killed at every system call")
struct KilledLoginProof {
    @Test(
        "A record is torn, a yes is not used up, a try is not counted, or the next login fails",
        arguments: LoginKind.allCases, Victim.allCases)
    func killed(kind: LoginKind, victim: Victim) async throws {
        var (count, reached): (Int, Set<Int>) = (0, [])
        for arguments in Proof.isLong ? ["", "nullok"] : [""] {
            let rehearsal = try await Rehearsal(kind, arguments)
            let stages = try await Stages(rehearsal, victim)
            #expect(stages.calls.count > 80)
            for call in Proof.isLong ? Array(stages.calls) : stages.calls.filter(\.changesOrTells) {
                reached.insert(try await kill(rehearsal, victim, at: call, stages))
                count += 1
            }
            // Who kills the program that asks stops nothing that has begun.
            let count = victim == .service ? stages.all.count : 2
            #expect(reached.count >= count, "\(arguments)")
        }
        try Proof.tell(
            "Killed at every system call", "a login by \(kind.title), its \(victim)",
            "\(count) logins killed: records whole, used codes used up, tries counted")
    }

    /// Kills a process of a login as this call begins; which stage of the record was reached.
    private func kill(
        _ rehearsal: Rehearsal, _ victim: Victim, at call: Trace.Call, _ stages: Stages
    ) async throws -> Int {
        try rehearsal.restore()
        let file = rehearsal.enrolled.scratch.file("killed")
        let words = Trace.words(
            to: file, calls: [call.name] + Trace.changing, injection: call.kill, follows: false)
        let end = try await rehearsal.login(words, victim)
        let stage: Standing?
        switch victim {
        case .service:
            #expect(end.status == 0, "\(call)")
            stage = stages.after(try Trace(file))
        case .host:
            // How often it reads depends on how much of what is sent comes at once.
            let isReached = try Trace(file).calls.contains {
                $0.name == call.name && $0.number == call.number
            }
            #expect(end.status == (isReached ? 128 + SIGKILL : 0), "\(call)")
            // The service goes on to the end of what it has begun.
            try await ServiceAccess.waitForServices(rehearsal.mark)
            stage = try rehearsal.standing()
            #expect(stages.all.contains(stage), "\(call): \(String(describing: stage))")
        }
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
        ["flock", "pwritev", "fdatasync", "fsync", "renameat2", "sendto", "recvfrom", "write"]
            .contains(name)
    }
}
