import TestSupport
import Testing

@testable import OTPCore

/// The verifier with a code at the end of a password, compared with the same code alone.
@Suite("The verifier, codes after a password")
struct JoinedVerifierTests {
    private func verdict(
        joined typed: String, _ record: inout Record, at now: UInt64 = noon, window: UInt8 = 1,
        clockIsSane: Bool = true
    ) -> Verifier.Verdict {
        let typed = ascii(typed)
        return Verifier(window: window).verify(
            JoinedAnswer.answer(typed.span), against: &record, at: now, clockIsSane: clockIsSane)
    }

    @Test(
        "A code after a password is treated differently from the code alone",
        arguments: [6, 7, 8] as [UInt8])
    func same(_ digits: UInt8) throws {
        for before in ["", "secret", "secret ", "Grüße-"] {
            var alone = try record(phone(digits: digits), phone("token", kind: .hotp, digits: 8))
            var joined = try record(phone(digits: digits), phone("token", kind: .hotp, digits: 8))
            let key = exampleKey(of: 1)
            var tries = [0, 0, 1, -1, 7, -9, 30].map {
                code(UInt64(Int(noonStep) + $0), digits: digits)
            }
            tries += [0, 3, 3, 5, 200].map {
                HOTP.text(
                    HOTP.code(key: key.span, factor: $0, algorithm: .sha1, digits: 8), digits: 8)
            }
            tries += ["00000000", "000000"]
            for typed in tries {
                // Eight digits of the token contain six that could be the phone's.
                let expected = OTPCoreTests.verdict(typed, &alone)
                #expect(verdict(joined: before + typed, &joined) == expected, "\(typed)")
                #expect(joined.encoded == alone.encoded, "\(typed)")
            }
        }
    }

    @Test("Too few digits for the authenticator are accepted as the end of its code")
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
}
