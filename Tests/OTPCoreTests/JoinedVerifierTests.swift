import TestSupport
import Testing

@testable import OTPCore

/// The verifier with a code that stands at the end of a password, against the same code alone.
@Suite("The verifier, codes behind a password")
struct JoinedVerifierTests {
    private func verdict(
        joined typed: String, _ record: inout Record, at now: UInt64 = noon, window: UInt8 = 1,
        clockIsSane: Bool = true
    ) -> Verifier.Verdict {
        let typed = ascii(typed)
        return Verifier(window: window).verify(
            JoinedAnswer.answer(typed.span), against: &record, at: now, clockIsSane: clockIsSane)
    }

    @Test("Accepted, refused and burnt exactly as the code alone", arguments: [6, 7, 8] as [UInt8])
    func same(_ digits: UInt8) throws {
        for before in ["", "secret", "secret ", "Grüße-"] {
            var alone = try record(phone(digits: digits), phone("token", kind: .hotp, digits: 8))
            var joined = try record(phone(digits: digits), phone("token", kind: .hotp, digits: 8))
            let key = exampleKey
            var tries = [0, 0, 1, -1, 7, -9, 30].map {
                code(UInt64(Int(noonStep) + $0), digits: digits)
            }
            tries += [0, 3, 3, 5, 200].map {
                HOTP.text(
                    HOTP.code(key: key.span, factor: $0, algorithm: .sha1, digits: 8), digits: 8)
            }
            tries += ["00000000", "000000"]
            for typed in tries {
                // Eight digits of the token hold six that could be the phone's.
                let expected = OTPCoreTests.verdict(typed, &alone)
                #expect(verdict(joined: before + typed, &joined) == expected, "\(typed)")
                #expect(joined.encoded == alone.encoded, "\(typed)")
            }
        }
    }

    @Test("Of a password that ends in digits, each authenticator takes as many as it has")
    func digits() throws {
        for digits in [6, 7, 8] as [UInt8] {
            for before in ["secret1", "secret12", "hunter2000", "99", "1", "20262026"] {
                var record = try record(phone(digits: digits))
                let typed = before + code(noonStep, digits: digits)
                #expect(verdict(joined: typed, &record) == .code(index: 0, offset: 0))
                #expect(record.authenticators[0].nextStep == noonStep + 1)
                #expect(verdict(joined: typed, &record) == .replayed)
            }
        }
    }

    @Test("Several authenticators of different digits: the one that fits is burnt, and no other")
    func several() throws {
        for (index, digits) in [6, 7, 8].enumerated() {
            var record = Record()
            var generator = Seeded(66)
            var keys: [[UInt8]] = []
            for digits in [6, 7, 8] as [UInt8] {
                let key = generator.bytes(20)
                try record.add(phone("p\(digits)", digits: digits), key: key.span)
                keys.append(key)
            }
            let digits = UInt8(digits)
            let key = keys[index]
            let value = HOTP.code(
                key: key.span, factor: noonStep, algorithm: .sha1, digits: digits)
            let typed = "secret99" + HOTP.text(value, digits: digits)
            #expect(verdict(joined: typed, &record) == .code(index: index, offset: 0))
            let burnt = record.authenticators.map { $0.nextStep != 0 }
            #expect(burnt == (0..<3).map { $0 == index })
        }
    }

    @Test("Too few digits for the authenticator are wrong, also where they are the end of its code")
    func tooFew() throws {
        for digits in [7, 8] as [UInt8] {
            for count in 6..<Int(digits) {
                var record = try record(phone(digits: digits))
                let typed = "secret" + code(noonStep, digits: digits).suffix(count)
                #expect(verdict(joined: typed, &record) == .wrong)
                #expect(record.authenticators[0].nextStep == 0)
            }
        }
    }

    @Test("A code outside the window is told, and a clock that cannot be right takes none")
    func clocks() throws {
        var record = try record(phone())
        let late = verdict(joined: "secret12" + code(noonStep + 5), &record)
        #expect(late == .outsideWindow(offset: 5))
        let insane = verdict(joined: "secret" + code(200), &record, at: 6000, clockIsSane: false)
        #expect(insane == .wrong)
        #expect(record.authenticators[0].nextStep == 0)
    }

    @Test("Backup codes and temporary codes behind a password are used up")
    func groups() throws {
        var record = try record(phone())
        let codes = record.makeBackupCodes()
        let temporary = record.issue()
        #expect(verdict(joined: "secret" + codes[3], &record) == .backupCode(index: 3, left: 9))
        #expect(verdict(joined: "secret" + codes[3], &record) == .usedBackupCode(index: 3))
        #expect(verdict(joined: "secret" + temporary, &record) == .temporaryCode)
        #expect(verdict(joined: "secret" + temporary, &record) == .usedTemporaryCode)
        #expect(verdict(joined: "secret", &record) == .wrong)
        #expect(verdict(joined: "", &record) == .wrong)
    }
}
