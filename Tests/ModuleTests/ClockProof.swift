import Foundation
import TestSupport
import Testing

/// Clocks that jump, through the real libpam: nobody gets in by doubt, and nobody is locked out for
/// good. Each table of `ClockRows` says what each login ends in.
@Suite("Clocks that jump", .timeLimit(.minutes(60)))
struct ClockProof {
    private static let now = Moment.start

    /// The right code of that clock; then, with the clock right again, a right code, a backup code
    /// and `resync`, and two hours later a right code.
    @Test("a right code, and the way back")
    func login() async throws {
        try await ClockRows.check("a right code there, and the way back", ClockRows.logins) {
            there in
            let scene = try ClockScene(), later = Moment.after(7200)
            var cells = [try await scene.login(there, try await scene.code(there))]
            cells.append(try await scene.login(Self.now, try await scene.code(Self.now)))
            cells.append(try await scene.login(Self.now, scene.enrolled.backupCodes[0]))
            let codes = [try await scene.code(.after(30)), try await scene.code(.after(60))]
            let resync = try await scene.command(
                .after(60), ["resync", scene.enrolled.user],
                input: codes.joined(separator: "\n") + "\n"
            )
            cells.append(resync.status == 0 ? "in" : "refused")
            cells.append(try await scene.login(later, try await scene.code(later)))
            return cells
        }
    }

    /// A code; the same code at that clock, and with the clock right again; then the next one.
    @Test("a code that was used")
    func replay() async throws {
        try await ClockRows.check("a code that was used", ClockRows.replays) { there in
            let scene = try ClockScene()
            let code = try await scene.code(Self.now)
            var cells: [String] = []
            for moment in [Self.now, there, Self.now] {
                cells.append(try await scene.login(moment, code))
            }
            cells.append(try await scene.login(.after(30), try await scene.code(.after(30))))
            return cells
        }
    }

    /// After five failures a good backup code at that clock, and a minute later; the same after
    /// twelve, and an hour later; the same after a hundred, and then after `unlock`.
    @Test("a wait that was set before")
    func wait() async throws {
        try await ClockRows.check("a wait that was set before", ClockRows.waits) { there in
            var cells: [String] = []
            for (failures, after) in [(5, 60), (12, 3600), (100, 3600)] as [(UInt32, Int)] {
                let scene = try ClockScene(), codes = scene.enrolled.backupCodes
                try scene.fail(failures)
                cells.append(try await scene.login(there, codes[0]))
                cells.append(try await scene.login(.after(after), codes[1]))
                guard failures == 100 else { continue }
                let unlocked = try await scene.command(there, ["unlock", scene.enrolled.user])
                #expect(unlocked.status == (there.seconds < 0 ? 1 : 0), "\(unlocked.errors)")
                if there.seconds < 0 {
                    _ = try await scene.command(Self.now, ["unlock", scene.enrolled.user])
                }
                cells.append(try await scene.login(.after(after), codes[2]))
            }
            return cells
        }
    }

    /// Five wrong codes at that clock; a good one with the clock right again, and 30 s later.
    @Test("a wait that was set there")
    func laterWait() async throws {
        try await ClockRows.check("a wait that was set there", ClockRows.laterWaits) { there in
            let scene = try ClockScene()
            var failed: Set<String> = []
            for _ in 0..<5 { failed.insert(try await scene.login(there, "0ZZZZ-ZZZZZ-ZZZZZ")) }
            var cells = failed.sorted()
            cells.append(try await scene.login(Self.now, scene.enrolled.backupCodes[1]))
            cells.append(try await scene.login(.after(30), scene.enrolled.backupCodes[2]))
            return cells
        }
    }

    /// A temporary code of before, there and ten minutes later; one of before a restart, in the
    /// same way; and a backup code.
    @Test("temporary codes and backup codes")
    func recovery() async throws {
        try await ClockRows.check("temporary codes and backup codes", ClockRows.recoveries) {
            there in
            var cells: [String] = []
            for isRestarted in [false, true] {
                let scene = try ClockScene(), user = scene.enrolled.user
                let code: String
                if isRestarted {
                    code = try scene.issueBeforeRestart()
                } else {
                    code = try await scene.command(Self.now, ["issue", user, "--json"]).member(
                        "code")
                }
                cells.append(try await scene.login(there, code))
                cells.append(try await scene.login(.after(600), code))
            }
            let scene = try ClockScene(), code = scene.enrolled.backupCodes[0]
            cells.append(try await scene.login(there, code))
            cells.append(try await scene.login(.after(600), code))
            let short = cells.map { $0.hasPrefix("used-") ? "used" : $0 }
            return short
        }
    }
}
