import Testing

@testable import OTPCore

@Suite("Temporary codes")
struct TemporaryCodeTests {
    @Test("A code is not twelve symbols in three groups with a T first, or two are alike")
    func form() {
        let alphabet = Set("0123456789ABCDEFGHJKMNPQRSTVWXYZ")
        var seen = Set<String>()
        for seed in 0..<200 as Range<UInt64> {
            var record = Record()
            let code = record.issue(seed: seed)
            #expect(code.split(separator: "-").map(\.count) == [4, 4, 4])
            #expect(code.first == "T")
            #expect(code.allSatisfy { $0 == "-" || alphabet.contains($0) })
            #expect(Reading(code) == .temporaryCode(code))
            seen.insert(code)
        }
        #expect(seen.count == 200)
    }

    @Test("Eleven symbols do not hold 55 random bits, each from a byte of its own")
    func randomness() throws {
        let symbols = ascii("0123456789ABCDEFGHJKMNPQRSTVWXYZ")
        for position in 0..<TemporaryCode.randomLength {
            for byte in UInt8.min...UInt8.max {
                var random = [UInt8](repeating: 0, count: TemporaryCode.randomLength)
                random[position] = byte
                var expected = ascii("T00000000000")
                expected[position + 1] = symbols[Int(byte % 32)]
                #expect(made(random) == text(expected))
            }
        }
        for length in [0, 10, 12, 1000] {
            #expect(made([UInt8](repeating: 0, count: length)) == nil)
        }
    }

    /// The symbols of the code made from `random`.
    private func made(_ random: [UInt8]) -> String? {
        guard let code = TemporaryCode(random: random.span) else { return nil }
        return code.text.filter { $0 != "-" }
    }

    @Test("A code in another case, with hyphens, spaces or look-alikes is not read")
    func reading() {
        let written = Reading.temporaryCode("T7Q0-KD2M-9XR1")
        for typed in [
            "T7Q0-KD2M-9XR1", "t7q0-kd2m-9xr1", "T7Q0KD2M9XR1", " t7q0 kd2m 9xr1 ",
            "T7QO-KD2M-9XRI", "T7Qo-KD2M-9XRl", "T-7Q0KD2M9XR-L",
        ] {
            #expect(Reading(typed) == written, "\(typed)")
        }
    }

    @Test("Another length, another first symbol or an invalid symbol is not malformed")
    func malformed() {
        for typed in [
            "T7Q4-KD2M-9XR", "T7Q4-KD2M-9XRW-A", "T7Q4-KD2M-9XRU", "T7Q4_KD2M_9XRW", "T",
            "T7Q4-KD2M-9XR\u{e9}", "7Q4K-D2M9-XRWT", "\u{14}7Q4-KD2M-9XRW", "47Q4-KD2M-9XRW",
        ] {
            #expect(Reading(typed) == .malformed, "\(typed.debugDescription)")
        }
        for first in ascii("0123456789ABCDEFGHJKMNPQRSVWXYZOILU") {
            #expect(Reading([first] + ascii("7Q4KD2M9XRW")) == .malformed)
        }
    }

    @Test("A stored code is not PBKDF2 with 1000 rounds, or the record contains the code")
    func hash() throws {
        let typed = ascii("T7Q4KD2M9XRW")
        guard let code = TemporaryCode(typed: typed.span) else {
            Issue.record("no code")
            return
        }
        let hashed = code.hashed(salt: ascii("01234567"))
        // python3 -c 'import hashlib; print(hashlib.pbkdf2_hmac("sha256", b"T7Q4KD2M9XRW",
        //     b"01234567", 1000, 12).hex())'
        let kept = try #require(hashed)
        #expect(kept.hash == (try bytes(hex: "6b02a9978ab793ae48517744")))
        var record = Record()
        let issued = ascii(record.issue().filter { $0 != "-" })
        #expect(!record.encoded.indices.contains { record.encoded[$0...].starts(with: issued) })
    }

    @Test("A temporary code is accepted twice, or not at all")
    func once() throws {
        var record = try record(phone())
        let code = record.issue()
        #expect(record.isEnrolled == true)
        let first = verdict(code.lowercased(), &record, at: noon + 5)
        #expect(first == .temporaryCode)
        #expect(record.temporaryCode?.used == noon + 5)
        for now in [noon + 5, noon + 6, noon - 31_536_000, 0, noon + 31_536_000] {
            let again = verdict(code, &record, at: now)
            #expect(again == .usedTemporaryCode)
        }
        #expect(record.temporaryCode?.used == noon + 5)
    }

    @Test("A code used at time 0 counts as unused")
    func usedAtTheBeginning() {
        var record = Record()
        let code = record.issue(at: 0)
        #expect(verdict(code, &record, at: 0) == .temporaryCode)
        #expect(verdict(code, &record, at: 0) == .usedTemporaryCode)
        #expect(record.isEnrolled == false)
    }

    @Test("Another code of the same form is accepted, or uses something up")
    func wrong() {
        var record = Record()
        let code = record.issue()
        #expect(verdict("T7Q4-KD2M-9XRW", &record) == .wrong)
        #expect(record.temporaryCode?.used == 0)
        #expect(verdict(code, &record) == .temporaryCode)
        var none = Record()
        #expect(verdict(code, &none) == .wrong)
    }

    @Test("A new code does not end the old one")
    func renewed() {
        var record = Record()
        let old = record.issue(seed: 1)
        let new = record.issue(seed: 2)
        #expect(verdict(old, &record) == .wrong)
        #expect(verdict(new, &record) == .temporaryCode)
        let third = record.issue(seed: 3)
        #expect(verdict(new, &record) == .wrong)
        #expect(verdict(third, &record) == .temporaryCode)
    }

    @Test("A revoked code works, or revoking does not say whether there was one to use")
    func revoked() {
        var record = Record()
        #expect(revoke(&record) == false)
        let code = record.issue()
        #expect(revoke(&record) == true)
        #expect(record.isEnrolled == false)
        #expect(verdict(code, &record) == .wrong)
        _ = verdict(record.issue(seed: 3), &record)
        #expect(revoke(&record) == false)
        #expect(record.temporaryCode == nil)
    }

    private func revoke(_ record: inout Record) -> Bool { record.revokeTemporaryCode() }

    @Test("An expired code is dropped, or its user no longer counts as enrolled")
    func expired() {
        var record = Record()
        let code = record.issue(validFor: 600)
        #expect(verdict(code, &record, at: noon + 599) == .temporaryCode)
        let later = record.issue(validFor: 600, seed: 4)
        let kept = record.temporaryCode
        for now in [noon + 600, noon + 86_400, .max] {
            #expect(verdict(later, &record, at: now) == .expiredTemporaryCode)
        }
        #expect(record.temporaryCode == kept && record.isEnrolled == true)
    }
}
