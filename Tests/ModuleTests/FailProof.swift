import Foundation
import TestSupport
import Testing

/// A login of which each system call fails in turn, from the loading of the module on.
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
        "In with a record that is on the disk, or out; never ignored, no crash, and no end of it",
        arguments: LoginKind.allCases, ["", "nullok"])
    func failing(kind: LoginKind, arguments: String) async throws {
        let rehearsal = try await Rehearsal(kind, arguments)
        let stages = try await Stages(rehearsal)
        var ends: [String: Int] = [:]
        for failure in try failures(stages, of: kind, isOdd: arguments.isEmpty) {
            let name = try await fail(rehearsal, failure, stages)
            ends[name ?? "nothing", default: 0] += 1
        }
        #expect(ends["PAM_AUTHINFO_UNAVAIL"] ?? 0 > 0, "\(ends)")
        let figures = ends.sorted { $0.value > $1.value }.map { "\($1) \($0)" }
        try Proof.tell(
            "Every call fails in turn",
            "a login by \(kind.title)\(arguments.isEmpty ? "" : ", ")"
                + arguments,
            "\(ends.values.reduce(0, +)) logins: \(figures.joined(separator: ", "))")
    }

    /// Each error for once at each call, and half of them lasting; of logins with more than a
    /// question, half of both; and where it has to be short, a part of it. `isOdd` says which half,
    /// and which part.
    private func failures(_ stages: Stages, of kind: LoginKind, isOdd: Bool) throws -> [Failure] {
        guard let module = try Build.module().split(separator: "/").last,
            let start = stages.calls.firstIndex(where: { $0.line.contains("/\(module)\"") })
        else { throw Trouble("the module was not loaded") }
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
        _ rehearsal: Rehearsal, _ failure: Failure, _ stages: Stages
    ) async throws -> String? {
        try rehearsal.restore()
        let file = rehearsal.enrolled.scratch.file("failing")
        let injection = failure.call.failure(failure.error, lasting: failure.lasts)
        let end = try await rehearsal.login(
            Trace.words(to: file, calls: [failure.call.name] + Trace.changing, injection: injection)
        )
        // A program that cannot say how it ended has a status for that.
        #expect([0, 74].contains(end.status), "\(failure)")
        let name = end.result?.name
        #expect(name != Stack.ignored, "\(failure)")
        let trace = try Trace(file)
        let standing = try rehearsal.standing()
        let others = try rehearsal.otherChanges()
        if others.contains(where: { $0.hasPrefix("decoy-") }) {
            // The user could not be looked up, and was taken for a stranger.
            #expect(standing == stages.all.first && !end.isGranted, "\(failure)")
        } else {
            #expect(standing == stages.after(trace), "\(failure)")
            #expect(others.allSatisfy { $0.hasPrefix("new.") }, "\(failure): \(others)")
        }
        if end.isGranted { expectKept(rehearsal, failure, end, standing, stages, trace) }
        if end.isGranted, rehearsal.kind.isOnce {
            #expect(try await !rehearsal.repeated(end).isGranted, "\(failure)")
        }
        #expect(try await rehearsal.loginAfterwards(end.phone) == "PAM_SUCCESS", "\(failure)")
        return name
    }

    /// Somebody was let in: it is in the record, and on the disk.
    private func expectKept(
        _ rehearsal: Rehearsal, _ failure: Failure, _ end: Ending, _ standing: Standing?,
        _ stages: Stages, _ trace: Trace
    ) {
        #expect(rehearsal.kind != .wrongCode, "\(failure)")
        #expect(trace.isDurable(step: rehearsal.kind.isOnce ? 2 : 1), "\(failure)")
        // A device that could not be kept leaves the login as it is, and is not claimed to be.
        let isEnrolled = end.result?.said.contains("\"phone\" is enrolled.") == true
        if rehearsal.kind != .newDevice || isEnrolled {
            #expect(standing == stages.all.last, "\(failure)")
            #expect(trace.isDurable(step: stages.all.count - 1), "\(failure)")
        }
    }
}
