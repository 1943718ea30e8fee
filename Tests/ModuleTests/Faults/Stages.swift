import Foundation
import TestSupport
import Testing

/// What is in the record between the writes of a login, from before it to after it.
struct Stages {
    let all: [Standing?]
    /// The calls of one of its processes: the service's to its end; the host's from the first of
    /// libpam's on.
    let calls: ArraySlice<Trace.Call>

    /// Sees a whole login of this kind.
    init(_ rehearsal: Rehearsal, _ victim: Victim) async throws {
        let kind = rehearsal.kind
        let before = try rehearsal.standing()
        let file = rehearsal.enrolled.scratch.file("whole")
        let whole = try await rehearsal.login(Trace.words(to: file, follows: false), victim)
        #expect(whole.status == 0 && whole.isGranted == (kind != .wrongCode))
        let after = try rehearsal.standing()
        var all = [before]
        if var charged = before, kind.isOnce {
            charged.failures += 1
            all.append(charged)
        }
        if kind == .newDevice, var used = after {
            // The code was right, and the device is not there yet.
            used.events.removeAll { $0 == "added" }
            used.used = before?.used ?? []
            all.append(used)
        }
        self.all = all + [after]
        let trace = try Trace(file)
        // The first call starts the program.
        calls =
            victim == .service
            ? trace.calls.dropFirst() : try trace.from("\(rehearsal.enrolled.scratch.path)/pam.d/")
        try expectNothingElseWritten(rehearsal)
    }

    /// Of all files, a login opens those of the user's record alone for anything but reading, and
    /// those by the service.
    private func expectNothingElseWritten(_ rehearsal: Rehearsal) throws {
        let own = try rehearsal.enrolled.recordFile.split(separator: "/").last ?? ""
        for call in calls {
            let line = call.line
            if line.contains("O_RDWR") || line.contains("O_WRONLY") || line.contains("O_CREAT") {
                #expect(line.contains("\"\(own)\"") || line.contains("\"new."), "\(line)")
            }
        }
        let changing: Set = [
            "unlink", "unlinkat", "rename", "renameat", "link", "linkat", "symlink", "symlinkat",
            "mkdir", "mkdirat", "rmdir", "chmod", "fchmod", "fchmodat", "chown", "fchown",
            "fchownat", "truncate", "ftruncate", "utimensat", "setxattr",
        ]
        #expect(calls.allSatisfy { !changing.contains($0.name) })
    }

    /// The one that these calls led to.
    func after(_ trace: Trace) -> Standing? { all[min(trace.steps, all.count - 1)] }
}
