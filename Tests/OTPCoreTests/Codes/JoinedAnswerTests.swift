import TestSupport
import Testing

@testable import OTPCore

@Suite("A password followed by a code")
struct JoinedAnswerTests {
    private func reading(_ typed: String) -> Reading { reading(ascii(typed)) }

    private func reading(_ typed: [UInt8]) -> Reading { Reading(JoinedAnswer.answer(typed.span)) }

    /// What is passed to the next module if an authenticator with `digits` digits is meant.
    private func password(_ typed: [UInt8], _ digits: UInt8 = 6) -> [UInt8] {
        let length = JoinedAnswer.codeLength(typed.span, digits: digits)
        return Array(typed.dropLast(length))
    }

    private func password(_ typed: String, _ digits: UInt8 = 6) -> String {
        text(password(ascii(typed), digits))
    }

    @Test(
        "More than eight digits at the end count as the code",
        arguments: [
            ("secret123456", 123_456, 6), ("secret000000", 0, 6), ("secret1234567", 1_234_567, 7),
            ("secret12345678", 12_345_678, 8), ("secret9912345678", 12_345_678, 8),
            ("99999999", 99_999_999, 8), ("123456", 123_456, 6), ("secret 123456", 123_456, 6),
            ("pass-word-123456", 123_456, 6), ("Grüße123456", 123_456, 6),
            ("\u{1}\u{7f}\n123456", 123_456, 6), ("１２３４５６123456", 123_456, 6),
        ] as [(String, UInt32, UInt8)])
    func codes(_ typed: String, _ value: UInt32, _ digits: UInt8) {
        #expect(reading(typed) == .joinedCode(value, digits: digits))
    }

    @Test(
        "Fewer than six digits at the end count as a code",
        arguments: [
            "secret", "secret12345", "secret123456 ", "secret123 456", "secret123-456", "12345",
            "123456x", "secret１２３４５６", " ", "-", "\0", "secret123456\n",
        ])
    func malformed(_ typed: String) {
        #expect(reading(typed) == .malformed)
    }

    @Test("An empty answer is not empty, or more than 512 bytes are accepted")
    func lengths() {
        #expect(reading("") == .empty)
        for length in [100, 511, 512] {
            let typed = String(repeating: "p", count: length - 6) + "123456"
            #expect(reading(typed) == .joinedCode(123_456, digits: 6))
            #expect(password(typed) == String(repeating: "p", count: length - 6))
        }
        let groups = "0K7MQ-2XJ9T-DWP4A"
        for length in [513, 514, 1 << 20] {
            #expect(reading(String(repeating: "1", count: length)) == .malformed)
            #expect(reading(String(repeating: "p", count: length) + groups) == .malformed)
        }
    }

    @Test("Backup and temporary codes in groups are not recognized after a password")
    func groups() {
        for before in ["", "secret", "secret-", "12345678", "Grüße ", "0K7MQ-2XJ9T-", "T7Q4-"] {
            for code in ["0K7MQ-2XJ9T-DWP4A", "0k7mq-2xj9t-dwp4a", "OK7MQ-2XJ9T-DWP4A"] {
                #expect(reading(before + code) == .backupCode("0K7MQ-2XJ9T-DWP4A"))
                #expect(password(before + code) == before)
                #expect(password(before + code, 8) == before)
            }
            for code in ["T7Q4-KD2M-9XRW", "t7q4-kd2m-9xrw"] {
                #expect(reading(before + code) == .temporaryCode("T7Q4-KD2M-9XRW"))
                #expect(password(before + code) == before)
            }
        }
    }

    @Test(
        "Without their groups, they are not part of the password",
        arguments: [
            "secret0K7MQ2XJ9TDWP4A", "secret0K7MQ 2XJ9T DWP4A", "secret0K7M-Q2XJ9-TDWP4A",
            "secretT7Q4KD2M9XRW", "secretT7Q4 KD2M 9XRW", "secret0K7MQ-2XJ9T-DWP4U",
            "secretA7Q4-KD2M-9XRW", "0K7MQ-2XJ9T-DWP4", "T7Q4-KD2M-9XR", "-----------------",
            "secretT7Q4-KD2M-9X W", "secret0K7MQ-2XJ9T-DW-4A",
        ])
    func noGroups(_ typed: String) {
        #expect(reading(typed) == .malformed)
        #expect(password(typed) == String(typed.dropLast(6)))
    }

    @Test("Digits in the last group of a backup code are taken for a code")
    func digitsInGroups() {
        #expect(reading("secret01234-56789-01234") == .backupCode("01234-56789-01234"))
        #expect(password("secret01234-56789-01234") == "secret")
        #expect(reading("secretT123-4567-8901") == .temporaryCode("T123-4567-8901"))
        // One group too many, so the digits after the hyphen are a code.
        #expect(reading("secret01234-56789-012345") == .joinedCode(12_345, digits: 6))
        #expect(password("secret01234-56789-012345") == "secret01234-56789-")
    }

    @Test("The password loses more or fewer digits than the authenticator's codes have")
    func length() {
        #expect(password("secret12123456", 6) == "secret12")
        #expect(password("secret12123456", 7) == "secret1")
        #expect(password("secret12123456", 8) == "secret")
        #expect(password("123456", 6).isEmpty && password("123456", 8).isEmpty)
        #expect(password("", 6).isEmpty && password("12", 6).isEmpty)
    }

    @Test("Some bytes of a password are changed, with some authenticator and code after it")
    func property() {
        var generator = Seeded(512)
        for round in 0..<2000 {
            let digits = UInt8.random(in: 6...8, using: &generator)
            var whole = generator.bytes(Int.random(in: 0...504, using: &generator))
            if round % 3 == 0 { whole += ascii("20\(round)") }
            let value = HOTP.text(
                UInt32.random(in: 0..<100_000_000, using: &generator).lastDigits(digits),
                digits: digits)
            let typed = Array(whole.prefix(504)) + ascii(value)
            #expect(password(typed, digits) == Array(whole.prefix(504)))
            guard case .joinedCode(let read, let count) = reading(typed) else {
                Issue.record("\(typed) is no password with a code")
                return
            }
            #expect(count >= digits)
            #expect(HOTP.text(read.lastDigits(digits), digits: digits) == value)
        }
    }

    @Test("After a password that ends in digits, the wrong digits are the code")
    func lastDigits() {
        for (digits, last) in [
            (0, 0), (1, 5), (6, 967_295), (8, 94_967_295), (9, 294_967_295), (255, 294_967_295),
        ] as [(UInt8, UInt32)] {
            #expect(UInt32.max.lastDigits(digits) == last, "\(digits)")
        }
        #expect(UInt32(1_234_567).lastDigits(1) == 7 && UInt32(5).lastDigits(8) == 5)
    }
}
