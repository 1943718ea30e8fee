import Foundation
import TestSupport
import Testing

/// A login one of whose processes meets a failure at each of its system calls in turn.
@Suite("Every system call of a login fails in turn")
struct FailingCallProof {
    private static let errors = [
        "ENOSPC", "EIO", "EROFS", "EINTR", "ENOMEM", "EFBIG", "EMFILE", "EAGAIN",
    ]

    /// What has no way to fail.
    private static let unfailing: Set = ["geteuid", "getuid", "getpid", "gettid", "exit_group"]

    /// One failure: for once, or from there on.
    private struct Failure: CustomStringConvertible {
        let call: Trace.Call
        let error: String
        let lasts: Bool

        var description: String { "\(call) \(error)\(lasts ? ", and so on" : "")" }

        /// Whether it makes pam-dialogue, or libaudit in libpam, try again for ever.
        var isOfTheHost: Bool {
            lasts && error == "EINTR"
                && ["read", "write", "sendto", "recvfrom", "poll"].contains(call.name)
        }
    }

    @Test(
        "In without a record that is on the disk, ignored, crashed, or without an end",
        arguments: LoginKind.allCases, Victim.allCases)
    func failing(kind: LoginKind, victim: Victim) async throws {
        for arguments in Proof.isLong ? ["", "nullok"] : [victim == .service ? "" : "nullok"] {
            try await fail(kind, victim, arguments)
        }
    }

    private func fail(_ kind: LoginKind, _ victim: Victim, _ arguments: String) async throws {
        let rehearsal = try await Rehearsal(kind, arguments)
        let stages = try await Stages(rehearsal, victim)
        var ends: [String: Int] = [:]
        for failure in try failures(stages, victim, of: kind, isOdd: arguments.isEmpty) {
            let name = try await fail(rehearsal, victim, failure, stages)
            ends[name ?? "nothing", default: 0] += 1
        }
        #expect(ends["PAM_AUTHINFO_UNAVAIL"] ?? 0 > 0, "\(ends)")
        let figures = ends.sorted { $0.value > $1.value }.map { "\($1) \($0)" }
        try Proof.tell(
            "Every call fails in turn",
            "a login by \(kind.title), its \(victim)\(arguments.isEmpty ? "" : ", \(arguments)")",
            "\(ends.values.reduce(0, +)) logins: \(figures.joined(separator: ", "))")
    }

    /// Each error for once at each call, and half of them lasting; of logins with more than a
    /// question, half of both; and where it has to be short, a part of it. `isOdd` says which half,
    /// and which part.
    private func failures(
        _ stages: Stages, _ victim: Victim, of kind: LoginKind, isOdd: Bool
    ) throws -> [Failure] {
        // What comes before is the loader's, which ends the program.
        let first = victim == .host ? "/libpam_swiftotp.so\"" : "prctl(PR_SET_DUMPABLE"
        guard let start = stages.calls.firstIndex(where: { $0.line.contains(first) }) else {
            throw Trouble("nothing was begun")
        }
        let all = stages.calls[start...].filter { !Self.unfailing.contains($0.name) }
            .flatMap { call in
                Self.errors.flatMap { error in
                    [false, true].map { Failure(call: call, error: error, lasts: $0) }
                }
            }
            .filter { !$0.isOfTheHost }
        // An odd number, so that each error meets each kind of call.
        let stride = Proof.isLong ? 1 : 149
        return all.enumerated().filter { index, failure in
            let isHalved = Proof.isLong && (failure.lasts || kind.enrolls)
            return index % stride == (isOdd ? stride / 2 : 0)
                && (!isHalved || (index / 2).isMultiple(of: 2) != isOdd)
        }.map(\.element)
    }

    /// One login in which this fails, and what comes after it; the result's name.
    private func fail(
        _ rehearsal: Rehearsal, _ victim: Victim, _ failure: Failure, _ stages: Stages
    ) async throws -> String? {
        try rehearsal.restore()
        let file = rehearsal.enrolled.scratch.file("failing")
        let injection = failure.call.failure(failure.error, lasting: failure.lasts)
        let words = Trace.words(
            to: file, calls: [failure.call.name] + Trace.changing, injection: injection,
            follows: false)
        let end = try await rehearsal.login(words, victim)
        // A program that cannot say how it ended has a status for that.
        #expect([0, 74].contains(end.status), "\(failure)")
        let name = end.result?.name
        #expect(name != Stack.ignored, "\(failure)")
        // One that could not be started has left no trace.
        let trace = try? Trace(file)
        let standing = try rehearsal.standing()
        let others = try rehearsal.otherChanges()
        if others.contains(where: { $0.hasPrefix("decoy-") }) {
            // The user could not be looked up, and was taken for a stranger.
            #expect(standing == stages.all.first && !end.isGranted, "\(failure)")
        } else {
            let stage = victim == .service ? trace.map(stages.after) ?? stages.all[0] : standing
            #expect(stages.all.contains(standing) && standing == stage, "\(failure)")
            #expect(others.allSatisfy { $0.hasPrefix("new.") }, "\(failure): \(others)")
        }
        if end.isGranted {
            expectKept(rehearsal, failure, end, standing, stages, victim == .service ? trace : nil)
        }
        if end.isGranted, rehearsal.kind.isOnce {
            #expect(try await !rehearsal.repeated(end).isGranted, "\(failure)")
        }
        #expect(try await rehearsal.loginAfterwards(end.phone) == "PAM_SUCCESS", "\(failure)")
        return name
    }

    /// Somebody was let in: it is in the record, and on the disk.
    private func expectKept(
        _ rehearsal: Rehearsal, _ failure: Failure, _ end: Ending, _ standing: Standing?,
        _ stages: Stages, _ trace: Trace?
    ) {
        #expect(rehearsal.kind != .wrongCode, "\(failure)")
        if let trace {
            #expect(trace.isDurable(step: rehearsal.kind.isOnce ? 2 : 1), "\(failure)")
        }
        // A device that could not be kept leaves the login as it is, and is not claimed to be.
        let isEnrolled = end.result?.said.contains("\"phone\" is enrolled.") == true
        if rehearsal.kind != .newDevice || isEnrolled {
            #expect(standing == stages.all.last, "\(failure)")
            if let trace { #expect(trace.isDurable(step: stages.all.count - 1), "\(failure)") }
        }
    }
}
