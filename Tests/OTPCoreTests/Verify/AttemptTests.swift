import Testing

@testable import OTPCore

@Suite("One try on one record")
struct AttemptTests {
    private let attempt = Attempt(
        verifier: Verifier(window: 1), origin: ascii("sshd 192.0.2.7"), source: source("192.0.2.7"))

    private func run(
        _ typed: String, on session: ScriptedSession, at now: UInt64 = noon
    ) throws(StoreError) -> Outcome {
        let typed = ascii(typed)
        return try attempt.run(Answer(typed.span), on: session, at: now)
    }

    @Test("A right code is not charged first, or not burned and refunded in one commit")
    func granted() throws {
        let session = try ScriptedSession(record(phone()))
        let outcome = try run(code(noonStep), on: session)
        #expect(outcome == .granted(.code(authenticator: try name("phone"), offset: 0)))
        #expect(outcome.reason == "code")
        #expect(
            session.steps == [
                .charge(failures: 1, nextStep: 0),
                .commit(failures: 0, nextStep: noonStep + 1),
            ])
        let events = session.record.events.events
        #expect(events.map(\.kind) == [.login])
        #expect(events.map { text($0.detail) } == ["phone"])
        #expect(events.map { text($0.origin) } == ["sshd 192.0.2.7"])
        #expect(session.record.throttle.sources.map(\.id) == [source("192.0.2.7")])
    }

    @Test("A wrong code is not charged before it is verified, or is refunded")
    func refused() throws {
        let session = try ScriptedSession(record(phone()))
        #expect(try run("000000", on: session) == .refused(.wrong))
        #expect(
            session.steps == [.charge(failures: 1, nextStep: 0), .commit(failures: 1, nextStep: 0)])
        #expect(session.record.events.events.map { text($0.detail) } == ["wrong"])
        #expect(session.record.throttle.sources.isEmpty)
    }

    @Test("A refusal lacks its reason, in the outcome or in the event list")
    func reasons() throws {
        var start = try record(phone())
        let codes = start.makeBackupCodes()
        let session = ScriptedSession(start)
        _ = try run(code(noonStep), on: session)
        _ = try run(codes[2], on: session)
        session.record.throttle.unlock()
        #expect(try run(code(noonStep), on: session) == .refused(.replayed))
        #expect(try run(code(noonStep + 4), on: session) == .refused(.outsideWindow(offset: 4)))
        #expect(try run(codes[2], on: session) == .refused(.usedBackupCode))
        #expect(try run("3" + codes[4].dropFirst(), on: session) == .refused(.wrong))
        #expect(
            session.record.events.events.map { text($0.detail) } == [
                "phone", "backup code 2", "replayed", "outside-window", "used-backup-code", "wrong",
            ])
        #expect(session.record.throttle.failures == 4)
    }

    @Test("If the charge cannot be written, somebody is let in, or something is burned")
    func chargeFails() throws {
        let session = try ScriptedSession(record(phone()))
        session.chargeFails = true
        #expect(throws: StoreError(.system, [], "")) { try run(code(noonStep), on: session) }
        #expect(session.steps == [.charge(failures: 1, nextStep: 0)])
        #expect(session.record.authenticators[0].nextStep == 0)
    }

    @Test(
        "If the commit cannot be written, somebody is let in, or right and wrong differ",
        arguments: [code(noonStep), "000000", "0K7MQ-2XJ9T-DWP4A"])
    func commitFails(_ typed: String) throws {
        let session = try ScriptedSession(record(phone()))
        session.commitFails = true
        #expect(throws: StoreError(.system, [], "")) { try run(typed, on: session) }
        #expect(session.steps.count == 2)
    }

    @Test("An empty answer is charged, or one that is not a code counts")
    func uncharged() throws {
        let session = try ScriptedSession(record(phone()))
        for typed in ["", "  "] { #expect(try run(typed, on: session) == .refused(.empty)) }
        #expect(session.steps.isEmpty)
        for typed in ["password", "12345", "12345678"] {
            #expect(try run(typed, on: session) == .refused(.malformed))
        }
        #expect(session.record.throttle == Throttle())
        #expect(session.record.events.events.isEmpty)
    }

    @Test("During a wait a code is checked, or takes other steps than a wrong one")
    func throttled() throws {
        let session = try ScriptedSession(record(phone()))
        for number in 0..<5 { #expect(try run(wrong(number), on: session) == .refused(.wrong)) }
        let written = session.steps.count
        for (elapsed, left) in [(0, 30), (1, 29), (29, 1)] as [(UInt64, UInt64)] {
            let outcome = try run(code(noonStep), on: session, at: noon + elapsed)
            #expect(outcome == .refused(.throttled(seconds: left)))
        }
        #expect(session.steps.count == written + 2 * 3)
        #expect(session.record.throttle.failures == 5 && session.record.events.events.count == 5)
        let outcome = try run(code(noonStep + 1), on: session, at: noon + 30)
        #expect(outcome == .granted(.code(authenticator: try name("phone"), offset: 0)))
        #expect(session.record.throttle.failures == 0)
    }

    @Test("After a hundred failures waiting helps")
    func closed() throws {
        let session = try ScriptedSession(record(phone()))
        var now = noon
        for number in 0..<100 {
            #expect(try run(wrong(number), on: session, at: now) == .refused(.wrong))
            now += 900
        }
        now += 31_536_000
        let right = code(now / 30)
        #expect(try run(right, on: session, at: now) == .refused(.closed))
        session.record.throttle.unlock()
        #expect(
            try run(right, on: session, at: now)
                == .granted(.code(authenticator: try name("phone"), offset: 0)))
    }

    @Test("A clock that was set back is not corrected in the record, or changes the wait")
    func clockBack() throws {
        let session = try ScriptedSession(record(phone()))
        for number in 0..<5 { _ = try run(wrong(number), on: session) }
        let written = session.steps.count
        let past = noon - 3600
        for _ in 0..<3 {
            #expect(try run("000000", on: session, at: past) == .refused(.throttled(seconds: 30)))
        }
        // Once for the clock, and two for each try.
        #expect(session.steps.count == written + 1 + 2 * 3)
        #expect(try run("000000", on: session, at: past + 30) == .refused(.wrong))
    }

    @Test("A clock before the first release accepts TOTP codes, or refuses backup codes")
    func clockNotSet() throws {
        var start = try record(phone())
        let codes = start.makeBackupCodes()
        let session = ScriptedSession(start)
        for now in [0, 3600, MachineTime.earliest - 1] {
            let typed = code(now / 30)
            #expect(try run(typed, on: session, at: now) == .refused(.clock))
            #expect(session.record.authenticators[0].nextStep == 0)
        }
        #expect(session.record.throttle.failures == 3)
        let backup = try run(codes[0], on: session, at: 3600)
        #expect(backup == .granted(.backupCode(index: 0, left: 9)))
        let now = MachineTime.earliest
        let outcome = try run(code(now / 30), on: session, at: now)
        #expect(outcome == .granted(.code(authenticator: try name("phone"), offset: 0)))
    }

    @Test("Tries by the command are not recorded as such")
    func kind() throws {
        let verify = Attempt(
            verifier: Verifier(window: 1), origin: ascii("otp-enroll"), source: source(""),
            successKind: .verified)
        let session = try ScriptedSession(record(phone()))
        let typed = ascii(code(noonStep))
        _ = try verify.run(Answer(typed.span), on: session, at: noon)
        #expect(session.record.events.events.map(\.kind) == [.verified])
    }
}
