import TestSupport
import Testing

@testable import OTPCore

@Suite("The verifier, counters and limits")
struct VerifierLimitTests {
    @Test("A counter up to nine ahead is refused, or one behind accepted")
    func lookAhead() throws {
        for ahead in 0..<12 as Range<UInt64> {
            var token = try phone("token", kind: .hotp)
            token.nextStep = 100
            var record = try record(token)
            let verdict = verdict(code(100 + ahead), &record)
            if ahead < 10 {
                #expect(verdict == .code(index: 0, offset: Int(ahead)))
                #expect(record.authenticators[0].nextStep == 101 + ahead)
            } else {
                #expect(verdict == .wrong)
                #expect(record.authenticators[0].nextStep == 100)
            }
        }
    }

    @Test("A counter's codes are not used one by one, or one comes back")
    func counting() throws {
        var record = try record(phone("token", kind: .hotp))
        for row in try vectors("rfc4226-appendix-d.txt") where row[0] != "key" {
            let verdict1 = verdict(row[4], &record)
            #expect(verdict1 == .code(index: 0, offset: 0))
            let verdict2 = verdict(row[4], &record)
            #expect(verdict2 == .wrong)
        }
        #expect(record.authenticators[0].nextStep == 10)
    }

    @Test("The clock matters for an HOTP token")
    func noClock() throws {
        for now in [0, noon, .max] as [UInt64] {
            var record = try record(phone("token", kind: .hotp))
            #expect(verdict(code(3), &record, at: now) == .code(index: 0, offset: 3))
        }
    }

    @Test("The last possible counter is accepted, although nothing could burn it")
    func lastCounter() throws {
        for before in 0..<12 as Range<UInt64> {
            var token = try phone("token", kind: .hotp)
            token.nextStep = .max - before
            var record = try record(token)
            let unusable: Verifier.Verdict = before < 10 ? .replayed : .wrong
            #expect(verdict(code(.max), &record) == unusable)
            let last = verdict(code(.max - 1), &record)
            let isNear = (1...10).contains(before)
            #expect(last == (isNear ? .code(index: 0, offset: Int(before) - 1) : .wrong))
            #expect(verdict(code(.max - 1), &record) == .wrong)
        }
    }

    @Test("Times at either end of the range trap, with some drift")
    func endsOfTime() throws {
        let times: [UInt64] = [0, 1, 14, 15, 29, 30, 31, 60, 300, 400, .max / 2, .max - 30, .max]
        for now in times {
            for drift in [0, 1, -1, .max, .min] as [Int16] {
                for nextStep in [0, 1, .max - 1, .max] as [UInt64] {
                    for window in [0, 1, 10] as [UInt8] {
                        var phone = try phone(period: 15)
                        phone.drift = drift
                        phone.nextStep = nextStep
                        var record = try record(phone)
                        let current = phone.currentStep(at: now)
                        let verdict = verdict(code(current), &record, at: now, window: window)
                        let burnt = nextStep > current.addingClamped(UInt64(window) + 1)
                        let refusal: Verifier.Verdict =
                            burnt ? .clockMovedBack(seconds: .max) : .replayed
                        // The very last step is never reached: a period is at least 15 s.
                        #expect(
                            verdict == (current >= nextStep ? .code(index: 0, offset: 0) : refusal),
                            "at \(now), drift \(drift), next \(nextStep), window \(window)")
                    }
                }
            }
        }
    }

    @Test("Steps before the first wrap around")
    func firstSteps() throws {
        for step in 0..<5 as Range<UInt64> {
            var record = try record(phone())
            let now = step * 30
            #expect(verdict(code(.max), &record, at: now, window: 10) == .wrong)
            #expect(verdict(code(.max - 3), &record, at: now, window: 10) == .wrong)
            #expect(
                verdict(code(0), &record, at: now, window: 10)
                    == .code(index: 0, offset: -Int(step)))
        }
    }

    @Test(
        "More than twenty steps are searched for how far off a code is",
        arguments: [(1, 10), (2, 5), (3, 3), (4, 2), (5, 2)])
    func lookAround(_ authenticators: Int, _ reach: Int) throws {
        var generator = Seeded(20)
        #expect(authenticators * 2 * reach <= 20)
        for window in [0, 1, 10] {
            for offset in (window + 1)...(window + 14) {
                for sign in [-1, 1] {
                    var record = Record()
                    var keys: [[UInt8]] = []
                    for index in 0..<authenticators {
                        let key = generator.bytes(20)
                        try record.add(phone("p\(index)"), key: key.span)
                        keys.append(key)
                    }
                    let key = keys[Int.random(in: 0..<authenticators, using: &generator)]
                    let step = UInt64(Int(noonStep) + sign * offset)
                    let value = HOTP.code(key: key.span, factor: step, algorithm: .sha1, digits: 6)
                    let verdict = verdict(
                        HOTP.text(value, digits: 6), &record, window: UInt8(window))
                    let near = offset <= window + reach
                    #expect(verdict == (near ? .outsideWindow(offset: sign * offset) : .wrong))
                }
            }
        }
    }

    @Test("The search burns something, or finds codes of the wrong length")
    func lookAroundIsHarmless() throws {
        var record = try record(phone(), phone("eight", digits: 8))
        #expect(verdict(code(noonStep + 5), &record) == .outsideWindow(offset: 5))
        let eight = code(noonStep + 5, digits: 8, of: 1)
        #expect(verdict(eight, &record) == .outsideWindow(offset: 5))
        #expect(verdict(code(noonStep + 5, digits: 7), &record) == .wrong)
        #expect(record.authenticators.map(\.nextStep) == [0, 0])
    }
}
