import Testing

@testable import OTPCore

@Suite("Logging in with a temporary code", .hereAndInFleet)
struct TemporaryLoginTests {
    private let refused = "That code was not accepted."
    private let enroll =
        "That temporary code is now used up. Run `otp-enroll` to enroll your new device."

    /// Alice, enrolled, with a temporary code that root issued for a day during boot 1.
    private func issued() throws -> (host: ScriptedHost, code: String) {
        let host = ScriptedHost()
        try host.enroll()
        let issued = host.session?.withRecord { record in
            record.note(
                Event(
                    .temporaryCodeIssued, at: noon, detail: [], origin: ascii("otp-enroll root")))
            return record.issue(boot: boot(1, 5000))
        }
        host.boot = boot(1, 5000)
        return (host, try #require(issued))
    }

    @Test(
        "The user is not let in, not told to enroll, or not told later that it was used", .hereOnly)
    func story() throws {
        let (host, code) = try issued()
        let first = host.login(typing: code, at: noon + 3600)
        #expect(first.result == .granted(.temporaryCode))
        #expect(
            first.said == [
                enroll,
                "A temporary code was issued on Friday 08:00 UTC (otp-enroll root).",
            ])
        #expect(host.journal.entries.suffix(3).first == "close")
        let events = try #require(host.session?.record.events.events)
        #expect(events.suffix(2).map(\.kind) == [.login, .temporaryCodeUsed])
        #expect(events.suffix(2).map { text($0.detail) } == ["temporary code", ""])

        let second = host.login(
            typing: OTPCoreTests.code(noonStep + 240), at: noon + 7200)
        #expect(second.result == .granted(.code(authenticator: try name("phone"), offset: 0)))
        let used = "A temporary code was used on Friday 09:00 UTC (sshd 192.0.2.7)."
        #expect(
            second.said == [
                "A temporary code was issued on Friday 08:00 UTC (otp-enroll root).", used,
            ])
        // The phone was added before the use, so it is told of it for a day, and twice.
        let third = host.login(typing: OTPCoreTests.code(noonStep + 241), at: noon + 7230)
        #expect(third.said == [used])
        let next = host.login(typing: OTPCoreTests.code(noonStep + 3000), at: noon + 90_000)
        #expect(next.said.isEmpty)
    }

    @Test("CLOCK_BOOTTIME is read depending on more than the answer's form")
    func sameWork() throws {
        for (typed, isAsked) in [
            ("T7Q4-KD2M-9XRW", true), (OTPCoreTests.code(noonStep), false),
            ("0K7MQ-2XJ9T-DWP4A", false),
        ] {
            for (user, isEnrolled) in [("alice", true), ("alice", false), ("mallory", false)] {
                let host = ScriptedHost(.text(typed))
                if isEnrolled { try host.enroll() }
                _ = host.login(user)
                #expect(host.journal.entries.contains("boot") == isAsked)
            }
        }
    }

    @Test("A user with only a temporary code does not count as enrolled until it is used")
    func alone() throws {
        var record = Record()
        let code = record.issue(validFor: 600)
        let host = ScriptedHost()
        host.session = ScriptedSession(record, journal: host.journal)
        host.answers = [.text(code)]
        host.time = noon + 600
        #expect(host.login { $0.nullok = true } == .refused(.expired))
        host.answers = [.text(code)]
        host.time = noon + 599
        #expect(host.login { $0.nullok = true } == .granted(.temporaryCode))
        #expect(host.login { $0.nullok = true } == .ignored(.notEnrolled))
        host.answers = [.text(code)]
        #expect(host.login() == .refused(.noRecord))
    }
}
