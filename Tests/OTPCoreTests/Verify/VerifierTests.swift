import TestSupport
import Testing

@testable import OTPCore

/// What the verifier says about `typed`.
func verdict(
    _ typed: String, _ record: inout Record, at now: UInt64 = noon, window: UInt8 = 1,
    boot: BootTime? = nil, clockIsSane: Bool = true
) -> Verifier.Verdict {
    let typed = ascii(typed)
    return Verifier(window: window).verify(
        Answer(typed.span), against: &record, at: now, boot: boot, clockIsSane: clockIsSane)
}

@Suite("The verifier, TOTP codes")
struct VerifierTests {
    @Test(
        "A step outside the window is accepted, or one inside refused",
        arguments: [0, 1, 2, 10] as [Int])
    func window(_ window: Int) throws {
        for offset in -(window + 10)...(window + 10) {
            var record = try record(phone())
            let step = UInt64(Int(noonStep) + offset)
            let verdict = verdict(code(step), &record, window: UInt8(window))
            if abs(offset) <= window {
                #expect(verdict == .code(index: 0, offset: offset))
                #expect(record.authenticators[0].nextStep == step + 1)
                #expect(record.authenticators[0].lastUsed == noon)
            } else {
                #expect(verdict == .outsideWindow(offset: offset))
                #expect(record.authenticators[0].nextStep == 0)
                #expect(record.authenticators[0].lastUsed == 0)
            }
        }
    }

    @Test("A step does not last exactly its period")
    func edges() throws {
        let start = noonStep * 30
        for (now, offset) in [(start, 0), (start + 29, 0), (start - 1, 1), (start + 30, -1)] {
            var record = try record(phone())
            #expect(verdict(code(noonStep), &record, at: now) == .code(index: 0, offset: offset))
        }
        for now in [start - 31, start + 60] {
            var record = try record(phone())
            let verdict = verdict(code(noonStep), &record, at: now)
            guard case .outsideWindow = verdict else {
                Issue.record("\(verdict)")
                return
            }
        }
    }

    @Test("A window over ten accepts more than ten steps")
    func widest() throws {
        var record = try record(phone())
        #expect(verdict(code(noonStep + 11), &record, window: 255) == .outsideWindow(offset: 11))
        #expect(verdict(code(noonStep + 10), &record, window: 255) == .code(index: 0, offset: 10))
    }

    @Test("A drift does not move the window")
    func drift() throws {
        for drift in [-3, 5, 400, -400] {
            for offset in -1...1 {
                var phone = try phone()
                phone.drift = Int16(drift)
                var record = try record(phone)
                let step = UInt64(Int(noonStep) + drift + offset)
                #expect(verdict(code(step), &record) == .code(index: 0, offset: offset))
            }
            var phone = try phone()
            phone.drift = Int16(drift)
            var record = try record(phone)
            #expect(
                verdict(code(UInt64(Int(noonStep) + drift + 2)), &record)
                    == .outsideWindow(offset: 2))
        }
    }

    @Test("A used code, or one earlier than a used one, is accepted")
    func replay() throws {
        var record = try record(phone())
        #expect(verdict(code(noonStep), &record) == .code(index: 0, offset: 0))
        #expect(verdict(code(noonStep), &record) == .replayed)
        #expect(verdict(code(noonStep - 1), &record) == .replayed)
        #expect(verdict(code(noonStep + 1), &record) == .code(index: 0, offset: 1))
        #expect(verdict(code(noonStep), &record) == .replayed)
        #expect(verdict(code(noonStep + 1), &record) == .replayed)
        #expect(record.authenticators[0].nextStep == noonStep + 2)
    }

    @Test("A clock set back makes a used code good again")
    func clockBack() throws {
        var record = try record(phone())
        #expect(verdict(code(noonStep), &record) == .code(index: 0, offset: 0))
        for steps in [1, 2, 100] as [UInt64] {
            let now = noon - steps * 30
            let at = verdict(code(noonStep - steps), &record, at: now)
            // One step back, the burned code is still inside the window.
            #expect(at == (steps == 1 ? .replayed : .clockMovedBack(seconds: (steps - 1) * 30)))
        }
        #expect(record.authenticators[0].nextStep == noonStep + 1)
    }

    @Test("If two steps of the window have one code, the earlier one is burned")
    func highest() throws {
        // The first pair of equal codes at most ten steps apart, from a fixed start.
        let key = exampleKey
        var last: [UInt32: UInt64] = [:]
        var pair: (earlier: UInt64, later: UInt64)?
        HOTP.codes(key: key.span, first: noonStep, count: 400_000, algorithm: .sha1, digits: 6) {
            if pair == nil, let earlier = last[$1], $0 - earlier <= 10 { pair = (earlier, $0) }
            last[$1] = $0
        }
        let (earlier, later) = try #require(pair)
        #expect(code(earlier) == code(later))
        var record = try record(phone())
        let now = earlier * 30
        let offset = Int(later - earlier)
        #expect(
            verdict(code(later), &record, at: now, window: 10) == .code(index: 0, offset: offset))
        #expect(record.authenticators[0].nextStep == later + 1)
        #expect(verdict(code(earlier), &record, at: now, window: 10) == .replayed)
    }

    @Test("One of five authenticators is not found, or another one is burned")
    func five() throws {
        var generator = Seeded(55)
        var record = Record()
        var keys: [[UInt8]] = []
        for index in 0..<5 {
            let key = generator.bytes(20)
            try record.add(phone("p\(index)"), key: key.span)
            keys.append(key)
        }
        for (index, key) in keys.enumerated() {
            let value = HOTP.code(key: key.span, factor: noonStep, algorithm: .sha1, digits: 6)
            let verdict = verdict(HOTP.text(value, digits: 6), &record)
            #expect(verdict == .code(index: index, offset: 0))
            let burnt = record.authenticators.map { $0.nextStep != 0 }
            #expect(burnt == (0..<5).map { $0 <= index })
        }
    }

    @Test("A code with more or fewer digits than the authenticator has is wrong")
    func digits() throws {
        let eight = code(noonStep, digits: 8)
        for (digits, typed) in [
            (6, eight), (6, "00" + code(noonStep)), (6, code(noonStep, digits: 7)),
            (8, String(eight.suffix(6))), (8, code(noonStep)), (7, code(noonStep)), (7, eight),
        ] as [(UInt8, String)] {
            var record = try record(phone(digits: digits))
            #expect(verdict(typed, &record) == .wrong, "\(digits) digits, \(typed.count) typed")
        }
        for digits in [6, 7, 8] as [UInt8] {
            var record = try record(phone(digits: digits))
            let typed = code(noonStep, digits: digits)
            #expect(verdict(typed, &record) == .code(index: 0, offset: 0))
        }
    }

    @Test("Periods and hash functions are not the authenticator's own")
    func parameters() throws {
        for period in [15, 60, 120] as [UInt16] {
            for algorithm in HashAlgorithm.allCases {
                var record = try record(phone(algorithm: algorithm, period: period))
                let typed = code(noon / UInt64(period), algorithm: algorithm)
                #expect(verdict(typed, &record) == .code(index: 0, offset: 0))
            }
        }
    }

    @Test("A clock that cannot be right accepts TOTP codes, or refuses others")
    func insaneClock() throws {
        var record = try record(phone(), phone("token", kind: .hotp))
        let codes = record.makeBackupCodes()
        let ofClock = verdict(code(200), &record, at: 6000, clockIsSane: false)
        #expect(ofClock == .wrong)
        #expect(record.authenticators[0].nextStep == 0)
        let ofToken = verdict(code(0, of: 1), &record, at: 6000, clockIsSane: false)
        #expect(ofToken == .code(index: 1, offset: 0))
        let backup = verdict(codes[7], &record, at: 6000, clockIsSane: false)
        #expect(backup == .backupCode(index: 7, left: 9))
    }

    @Test("A record without authenticators accepts a code")
    func nobody() {
        var record = Record()
        #expect(verdict(code(noonStep), &record) == .wrong)
        #expect(verdict("0K7MQ-2XJ9T-DWP4A", &record) == .usedBackupCode(index: 0))
        #expect(verdict("", &record) == .wrong)
        #expect(verdict("password", &record) == .wrong)
    }
}
