import TestSupport
import Testing

@testable import OTPCore

@Suite("Resynchronizing: counters, limits, and nothing automatic")
struct ResyncLimitTests {
    private func token(_ nextStep: UInt64) throws -> ScriptedSession {
        var token = try phone("token", kind: .hotp)
        token.nextStep = nextStep
        return try ScriptedSession(record(token))
    }

    @Test("A counter up to a thousand ahead is not found, or one behind is")
    func counter() throws {
        for (first, isFound) in [
            (98, false), (99, false), (100, true), (101, true), (500, true), (1099, true),
            (1100, true), (1101, false), (2000, false),
        ] as [(UInt64, Bool)] {
            let session = try token(100)
            let outcome = try resync(code(first), code(first + 1), on: session)
            let kept = session.record.authenticators[0]
            #expect(kept.drift == 0)
            guard isFound else {
                #expect(outcome == .refused(.wrong), "\(first)")
                #expect(kept.nextStep == 100)
                continue
            }
            #expect(outcome == .granted(.code(authenticator: try name("token"), offset: 0)))
            #expect(kept.nextStep == first + 2)
            for used in [first, first + 1] {
                #expect(try login(code(used), on: session, at: noon) == .refused(.wrong))
            }
            #expect(try resync(code(first), code(first + 1), on: session) == .refused(.wrong))
            #expect(try login(code(first + 2), on: session, at: noon).reason == "code")
        }
    }

    @Test("Counters and clocks at the end of the range trap")
    func ends() throws {
        for nextStep in [0, 1, .max - 1003, .max - 4, .max - 3, .max - 2, .max] as [UInt64] {
            let session = try token(nextStep)
            let first = min(nextStep, .max - 3)
            let outcome = try resync(code(first), code(first + 1), on: session)
            let isFree = nextStep <= .max - 3
            #expect(outcome.reason == (isFree ? "code" : "wrong"), "from \(nextStep)")
            #expect(session.record.authenticators[0].nextStep == (isFree ? first + 2 : nextStep))
        }
        for now in [MachineTime.earliest, .max / 2, .max] as [UInt64] {
            for nextStep in [0, .max] as [UInt64] {
                var clock = try phone(period: 15)
                clock.nextStep = nextStep
                clock.drift = .max
                let session = try ScriptedSession(record(clock))
                let outcome = try resync(code(now / 15), code(now / 15 + 1), on: session, at: now)
                #expect(outcome.reason == "code")
            }
        }
    }

    @Test("Codes of different lengths, or backup or temporary codes, make a resync")
    func answers() {
        func isMade(_ first: String, _ second: String) -> Bool {
            let (first, second) = (ascii(first), ascii(second))
            return Resync(Answer(first.span), Answer(second.span), of: nil) != nil
        }
        #expect(isMade("123456", "654321") && isMade("12345678", "123 456 78"))
        for other in [
            "", "-", "1234567", "12345678", "password", "3K7MQ-2XJ9T-DWP4A", "T7Q4-KD2M-9XRW",
        ] {
            #expect(!isMade("123456", other) && !isMade(other, "123456"))
        }
    }

    @Test("Codes of another length than the device's are accepted")
    func digits() throws {
        let session = try ScriptedSession(record(phone(digits: 6), phone("eight", digits: 8)))
        let seven = try resync(
            code(noonStep, digits: 7), code(noonStep + 1, digits: 7), on: session)
        #expect(seven == .refused(.wrong))
        let eight = try resync(
            code(noonStep, digits: 8, of: 1), code(noonStep + 1, digits: 8, of: 1), on: session)
        #expect(eight == .granted(.code(authenticator: try name("eight"), offset: 1)))
        #expect(session.record.authenticators.map(\.nextStep) == [0, noonStep + 2])
    }

    @Test("It is not charged first, not throttled, or not forgiven when right")
    func throttled() throws {
        let session = try ScriptedSession(record(phone()))
        #expect(try resync("000000", "000001", on: session) == .refused(.wrong))
        #expect(
            session.steps == [.charge(failures: 1, nextStep: 0), .commit(failures: 1, nextStep: 0)])
        #expect(session.record.events.events.map(\.kind) == [.failure])
        #expect(session.record.notices.failures.count == 1)
        for number in 0..<4 { _ = try login(wrong(number), on: session, at: noon) }
        let written = session.steps.count
        let (first, second) = (code(noonStep), code(noonStep + 1))
        #expect(try resync(first, second, on: session) == .refused(.throttled(seconds: 30)))
        #expect(session.steps.count == written)
        #expect(try resync(first, second, on: session, at: noon + 30).reason == "code")
        // Its own failure is forgiven, and one of those from elsewhere.
        #expect(session.record.throttle.failures == 3)
        let kinds = session.record.events.events.map(\.kind)
        #expect(kinds.last == .resynchronized)
        for _ in 0..<100 { session.record.throttle.charge(at: 0, from: source("")) }
        #expect(try resync("000000", "000001", on: session, at: .max) == .refused(.closed))
    }

    @Test("If it cannot be written, it succeeds")
    func unwritable() throws {
        for failsAtCharge in [true, false] {
            let session = try ScriptedSession(record(phone()))
            session.chargeFails = failsAtCharge
            session.commitFails = !failsAtCharge
            #expect(throws: StoreError(.system, [], "")) {
                try resync(code(noonStep), code(noonStep + 1), on: session)
            }
            if failsAtCharge { #expect(session.record.authenticators[0].nextStep == 0) }
        }
    }

    @Test("A clock before the first release resynchronizes TOTP, or refuses HOTP")
    func clockNotSet() throws {
        let session = try ScriptedSession(record(phone()))
        #expect(try resync(code(100), code(101), on: session, at: 3000) == .refused(.clock))
        #expect(session.record.authenticators[0].nextStep == 0)
        let counting = try token(5)
        #expect(try resync(code(90), code(91), on: counting, at: 3000).reason == "code")
        let both = try ScriptedSession(record(phone(), phone("token", kind: .hotp)))
        let named = try resync(
            code(9, of: 1), code(10, of: 1), of: "token", on: both, at: 3000)
        #expect(named.reason == "code")
        let unnamed = try resync(code(30), code(31), on: both, at: 3000)
        #expect(unnamed == .refused(.clock))
    }

    @Test("Failed logins move a drift, or burn a step")
    func neverByItself() throws {
        var generator = Seeded(77)
        var token = try phone("token", kind: .hotp, digits: 8)
        token.nextStep = 50
        var right = 0
        let session = try ScriptedSession(record(phone(), token))
        var now = noon
        for round in 0..<300 {
            // A device with a clock error of `offset` steps that is tried again and again, code
            // after code.
            let offset = Int.random(in: -1440...1440, using: &generator)
            let start = UInt64(Int(now / 30) + offset)
            for count in 0..<UInt64.random(in: 1...6, using: &generator) {
                let isToken = round % 5 == 0
                let before = session.record.authenticators
                let typed =
                    isToken ? code(60 + count, digits: 8) : code(start + count)
                let outcome = try login(typed, on: session, at: now)
                session.record.throttle.unlock()
                if case .granted = outcome {
                    right += 1
                } else {
                    #expect(session.record.authenticators == before)
                }
                #expect(session.record.authenticators.map(\.drift) == [0, 0])
                now += 30
            }
        }
        #expect(right < 20)
    }
}
