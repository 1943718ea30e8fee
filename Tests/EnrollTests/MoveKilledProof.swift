import Foundation
import TestSupport
import Testing

/// A service that is killed at each call of a move: nothing is lost, and there are never two
/// copies.
@Suite struct MoveKilledProof {
    /// Ways to become another user.
    enum Way: CaseIterable {
        case renamed, renumbered
    }

    @Test(
        "Killed in the middle, move loses a record, leaves it twice, or can never finish",
        arguments: Way.allCases)
    func killed(way: Way) async throws {
        let desk = try Desk()
        let old = try await Account.make("killed")
        let codes = try await desk.enroll(old.name).codes
        #expect(try await desk.verify(codes[0], of: old.name) == (true, "backup-code"))
        let number = try Account.numbers(of: old.name).uid
        let name = way == .renamed ? "re" + old.name : old.name
        let new = try await old.modified(
            way == .renamed ? ["-l", name] : ["-u", "\(number + 50_000)"], name: name)
        let now = try Account.numbers(of: new.name).uid

        let command = try TracedCommand(["move", "\(number)", "\(now)"], at: desk)
        let saved = try Snapshot(of: desk.store)
        #expect(try await command.traced().status == 0)
        let calls = try command.seen.from("renameat2")
        #expect(calls.count { $0.name == "renameat2" } == (way == .renamed ? 2 : 3))
        let writing = ["renameat2", "unlinkat", "fsync", "pwritev", "openat", "flock", "sendto"]
        for call in calls where Proof.isLong || writing.contains(call.name) {
            try saved.restore()
            _ = try await command.traced(call.kill)
            let records = try FileManager.default.contentsOfDirectory(atPath: desk.store)
                .filter { UInt32($0) != nil }
            #expect(records.count == 1, "\(call): \(records)")
            // Either the record belongs to the user, or nobody passes as a user without one.
            let status = try await desk.run("status", new.name)
            let isMoved = status.status == 0 && status.output.contains("is enrolled")
            #expect(isMoved || status.errors.contains("otp-enroll move"), "\(call): \(status)")
            let again = try await command.run()
            #expect((again.status == 0) != isMoved, "\(call): \(again.errors)")
            #expect(try await desk.verify(codes[0], of: new.name).0 == false, "\(call)")
            #expect(try await desk.verify(codes[1], of: new.name).0, "\(call)")
        }
    }
}
