import Foundation
import TestSupport
import Testing

/// The service's clock jumps from 2027-01-15 08:00:00 UTC to somewhere else for one login, and is
/// right again after that. `OTPCoreTests` have what follows for each kind of code, with a clock
/// that is a number; here it is the machine's.
@Suite("Clocks that jump")
struct ClockJumpTests {
    /// A moment that the machine's clock shows.
    private struct Moment {
        let seconds: Int

        /// The words before a program that has this clock. What nobody can set, the time since the
        /// machine was started, is left alone.
        var around: [String] {
            let date = Date(timeIntervalSince1970: TimeInterval(seconds)).formatted(
                .iso8601.year().month().day().dateTimeSeparator(.space).time(
                    includingFractionalSeconds: false))
            return ["env", "TZ=UTC", "FAKETIME_DONT_FAKE_MONOTONIC=1", "faketime", "-f", date]
        }
    }

    private static let start = 1_800_000_000

    /// What a login ended in: `in`, `unavailable`, or why it was refused, as the log has it.
    private func login(_ enrolled: Enrolled, at seconds: Int, _ answer: String) async throws
        -> String
    {
        let log = try SystemLog.shared()
        let mark = UniqueAddress.make()
        let stack = try enrolled.stack(behind: Moment(seconds: seconds).around)
        let result = try await stack.login(enrolled.user, [answer], with: ["rhost \(mark)"])
        let line = try await log.line(containing: "rhost=\(mark)").fields
        switch result.name {
        case "PAM_SUCCESS": return "in"
        case "PAM_AUTHINFO_UNAVAIL": return "unavailable"
        default: return line["reason"] ?? "no reason"
        }
    }

    @Test(
        "Locked out for good after one login by a wrong clock, or let in where there is no clock",
        arguments: [
            (-2, "unavailable", "in"), (0, "clock-before-release", "in"),
            (start - 3600, "in", "in"), (start + 60, "in", "clock-moved-back"),
            (1 << 31, "in", "clock-moved-back"), (1 << 32, "in", "clock-moved-back"),
            (253_402_300_799, "in", "clock-moved-back"),
        ])
    func jumps(there: Int, first: String, second: String) async throws {
        // Eight digits, so that no code of another time fits by chance.
        let enrolled = try Enrolled(digits: 8), phone = enrolled.phone
        let now = Self.start, later = now + 7200
        #expect(
            try await login(enrolled, at: there, try await phone.code(at: max(0, there))) == first)
        #expect(try await login(enrolled, at: now, try await phone.code(at: now)) == second)
        #expect(try await login(enrolled, at: now, enrolled.backupCodes[0]) == "in")
        let codes = "\(try await phone.code(at: later))\n\(try await phone.code(at: later + 30))\n"
        // The service that it starts gets nothing of its environment, and so no other clock.
        let around = Moment(seconds: later + 30).around
        let service = try WrappedService(
            in: enrolled.scratch, behind: around.map { "'\($0)'" }.joined(separator: " "))
        let resync = try await Command.run(
            around + [service.program, "resync", enrolled.user, "--store", enrolled.store],
            input: codes)
        #expect(resync.status == 0, "\(resync.errors)")
        #expect(
            try await login(enrolled, at: later + 60, try await phone.code(at: later + 60)) == "in")
    }
}
