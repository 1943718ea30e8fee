import Testing

@testable import OTPCore

/// Two consecutive codes of a device, on the record of `session`.
func resync(
    _ first: String, _ second: String, of label: String? = nil, on session: ScriptedSession,
    at now: UInt64 = noon
) throws -> Outcome {
    let (first, second) = (ascii(first), ascii(second))
    let name = try label.map { try OTPCoreTests.name($0) }
    let made = Resync(Answer(first.span), Answer(second.span), of: name)
    let resync = try #require(made)
    let attempt = Attempt(
        verifier: Verifier(window: 1), origin: ascii("otp-enroll root"), source: source(""),
        successKind: .resynchronized)
    return try attempt.run(resync, on: session, at: now)
}

/// One login with one code on the record of `session`.
func login(_ typed: String, on session: ScriptedSession, at now: UInt64) throws -> Outcome {
    let typed = ascii(typed)
    let attempt = Attempt(
        verifier: Verifier(window: 1), origin: ascii("sshd 192.0.2.7"), source: source("192.0.2.7"))
    return try attempt.run(Answer(typed.span), on: session, at: now)
}

@Suite("Resynchronizing the clock of a device")
struct ResyncTests {
    private func granted(_ drift: Int) throws -> Outcome {
        .granted(.code(authenticator: try name("phone"), offset: drift))
    }

    private func step(_ offset: Int) -> UInt64 { UInt64(Int(noonStep) + offset) }

    /// A record with one phone of this period, and the step of `noon`.
    private func phone(period: UInt16) throws -> (ScriptedSession, Int) {
        let session = try ScriptedSession(record(OTPCoreTests.phone(period: period)))
        return (session, Int(noon / UInt64(period)))
    }

    @Test(
        "Half a day in either direction is not found to the step, or more is",
        arguments: [15, 30, 120])
    func reach(_ period: Int) throws {
        let edge = 43_200 / period
        for offset in [-edge - 1, -edge, -edge + 1, -2, -1, 0, 1, 2, edge - 1, edge, edge + 1] {
            let (session, current) = try phone(period: UInt16(period))
            let first = UInt64(current + offset)
            let outcome = try resync(code(first), code(first + 1), on: session)
            let phone = session.record.authenticators[0]
            guard abs(offset) <= edge else {
                #expect(outcome == .refused(.wrong), "\(offset)")
                #expect(phone.drift == 0 && phone.nextStep == 0)
                continue
            }
            #expect(outcome == (try granted(offset + 1)), "\(offset)")
            #expect(phone.drift == offset + 1)
            #expect(phone.nextStep == first + 2)
        }
    }

    @Test(
        "A code is not burned, for logins or for another resync",
        arguments: [-1440, -1439, -500, -2, -1, 0, 1, 2, 500, 1438, 1439, 1440])
    func burnt(_ offset: Int) throws {
        let session = try ScriptedSession(record(OTPCoreTests.phone()))
        let first = step(offset)
        #expect(try resync(code(first), code(first + 1), on: session) == (try granted(offset + 1)))
        let kept = session.record.authenticators[0]
        for now in [noon, noon + 30, noon + 60] {
            for typed in [code(first), code(first + 1)] {
                guard case .refused = try login(typed, on: session, at: now) else {
                    Issue.record("code \(typed) was used twice")
                    return
                }
            }
            session.record.throttle.unlock()
            let again = try resync(code(first), code(first + 1), on: session, at: now)
            // The earliest pair drops out of the range as time goes on.
            let isFar = offset == -1440 && now > noon || offset == -1439 && now > noon + 30
            #expect(again == .refused(isFar ? .wrong : .replayed), "\(now - noon) s later")
            #expect(session.record.authenticators[0] == kept)
        }
    }

    @Test(
        "The login after a resync does not follow the drift",
        arguments: [-1440, -700, -3, 0, 3, 700, 1440])
    func drift(_ offset: Int) throws {
        let session = try ScriptedSession(record(OTPCoreTests.phone()))
        let first = step(offset)
        #expect(try resync(code(first), code(first + 1), on: session) == (try granted(offset + 1)))
        #expect(session.record.authenticators[0].drift == offset + 1)
        // The drifting device goes on working; one with the right time is refused, except where it
        // falls into the window.
        let next = try login(code(first + 2), on: session, at: noon + 30)
        #expect(next == (try granted(0)))
        if abs(offset) > 2 {
            guard case .refused = try login(code(noonStep + 2), on: session, at: noon + 60) else {
                Issue.record("a code of the machine's own time was accepted")
                return
            }
        }
        let later = try login(code(first + 4), on: session, at: noon + 90)
        #expect(later == (try granted(0)))
    }

    @Test("Swapped, equal, not adjacent or wrong codes are accepted, or burned")
    func refused() throws {
        for (first, second) in [
            (code(noonStep + 1), code(noonStep)), (code(noonStep), code(noonStep)),
            (code(noonStep), code(noonStep + 2)), (code(noonStep), "000000"),
            ("000000", code(noonStep)), ("000000", "000000"),
        ] {
            let session = try ScriptedSession(record(OTPCoreTests.phone()))
            #expect(try resync(first, second, on: session) == .refused(.wrong))
            #expect(session.record.authenticators[0].nextStep == 0)
            #expect(session.record.authenticators[0].drift == 0)
            #expect(session.record.throttle.failures == 1)
        }
    }

    @Test("A resync makes a used code good again")
    func used() throws {
        let session = try ScriptedSession(record(OTPCoreTests.phone()))
        #expect(try login(code(noonStep), on: session, at: noon) == (try granted(0)))
        let kept = session.record.authenticators[0]
        for first in [noonStep - 300, noonStep - 1, noonStep] {
            #expect(try resync(code(first), code(first + 1), on: session) == .refused(.replayed))
            #expect(session.record.authenticators[0] == kept)
        }
        let next = try resync(code(noonStep + 1), code(noonStep + 2), on: session)
        #expect(next == (try granted(2)))
    }

    @Test("Steps burned by a clock years ahead are not repaired, or earlier codes become good")
    func poisoned() throws {
        let session = try ScriptedSession(record(OTPCoreTests.phone()))
        let ahead = noon + 10 * 31_536_000
        #expect(try login(code(ahead / 30), on: session, at: ahead) == (try granted(0)))
        #expect(session.record.authenticators[0].nextStep == ahead / 30 + 1)
        let refused = try login(code(noonStep), on: session, at: noon)
        #expect(refused == .refused(.clockMovedBack(seconds: ahead - 15 - noon - 15)))
        #expect(try resync(code(noonStep), code(noonStep + 1), on: session) == (try granted(1)))
        #expect(session.record.authenticators[0].nextStep == noonStep + 2)
        #expect(try login(code(noonStep + 2), on: session, at: noon + 30) == (try granted(0)))
        let again = try resync(code(noonStep), code(noonStep + 1), on: session, at: noon + 30)
        #expect(again == .refused(.replayed))
    }

    @Test("Of several devices, not the named one or the matching one is found")
    func names() throws {
        let (old, new) = ([UInt8](repeating: 1, count: 20), [UInt8](repeating: 2, count: 20))
        func shown(_ key: [UInt8], _ step: UInt64) -> String {
            let value = HOTP.code(key: key.span, factor: step, algorithm: .sha1, digits: 6)
            return HOTP.text(value, digits: 6)
        }
        for (label, isFound) in [(nil, true), ("new", true), ("old", false), ("none", false)] {
            var record = Record()
            try record.add(OTPCoreTests.phone("old"), key: old.span)
            try record.add(OTPCoreTests.phone("new"), key: new.span)
            let session = ScriptedSession(record)
            let first = noonStep + 40
            let outcome = try resync(
                shown(new, first), shown(new, first + 1), of: label, on: session)
            let expected = Outcome.granted(.code(authenticator: try name("new"), offset: 41))
            #expect(outcome == (isFound ? expected : .refused(.wrong)))
            #expect(session.record.authenticators.map(\.drift) == (isFound ? [0, 41] : [0, 0]))
        }
    }
}
