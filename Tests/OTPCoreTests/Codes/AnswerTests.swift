import TestSupport
import Testing

@testable import OTPCore

/// How an answer was read, in a form that can be compared.
enum Reading: Equatable {
    case code(UInt32, digits: UInt8)
    case joinedCode(UInt32, digits: UInt8)
    case backupCode(String)
    case temporaryCode(String)
    case empty
    case malformed

    init(_ typed: [UInt8]) { self.init(Answer(typed.span)) }

    init(_ answer: borrowing Answer) {
        switch answer {
        case .code(let value, let digits): self = .code(value, digits: digits)
        case .joinedCode(let value, let digits): self = .joinedCode(value, digits: digits)
        case .backupCode(let code): self = .backupCode(code.text)
        case .temporaryCode(let code): self = .temporaryCode(code.text)
        case .empty: self = .empty
        case .malformed: self = .malformed
        }
    }

    init(_ typed: String) { self.init(ascii(typed)) }
}

@Suite("Reading an answer")
struct AnswerTests {
    @Test(
        "A code of six to eight digits with spaces and hyphens is read wrong",
        arguments: [
            ("123456", 123_456, 6), ("1234567", 1_234_567, 7), ("12345678", 12_345_678, 8),
            ("123 456", 123_456, 6), ("123-456", 123_456, 6), (" 1 2-3 4-5 6 ", 123_456, 6),
            ("1234 5678", 12_345_678, 8), ("---123456---", 123_456, 6),
            ("000000", 0, 6), ("000001", 1, 6), ("00000001", 1, 8), ("012345", 12_345, 6),
            ("99999999", 99_999_999, 8),
        ] as [(String, UInt32, UInt8)])
    func codes(_ typed: String, _ value: UInt32, _ digits: UInt8) {
        #expect(Reading(typed) == .code(value, digits: digits))
    }

    @Test("Nothing, or only separators, is read as an answer", arguments: ["", " ", "-", " - - "])
    func empty(_ typed: String) {
        #expect(Reading(typed) == .empty)
    }

    @Test(
        "Something that is not a code is not malformed",
        arguments: [
            "1", "12345", "123456789", "1234567890", "12345678901234567890",
            "１２３４５６", "١٢٣٤٥٦", "۱۲۳۴۵۶", "१२३४५६", "𝟏𝟐𝟑𝟒𝟓𝟔", "②③④⑤⑥⑦",
            "+123456", "+12345", "-+12345", "12345.", "1234.5", "0x1234", "1e5555", "12 34 5a",
            "123\u{a0}456", "123\u{2010}456", "123\u{2212}456", "123\u{200b}456",
            "123456\n", "123456\r\n", "\t123456", "123456\u{0}", "\u{0}123456", "123\u{0}456",
            "\u{0}", "\u{8}\n\r\u{7f}INCORRECT",  // what sshd answers for a locked account
            "password", "correct horse battery staple", "O12345", "l23456", "'; DROP TABLE",
            "3K7MQ-2XJ9T-DWP4", "3K7MQ-2XJ9T-DWP4AA", "AK7MQ-2XJ9T-DWP4A", "ZK7MQ2XJ9TDWP4A",
            "3K7MQ-2XJ9T-DWPUA", "3K7MQ_2XJ9T_DWP4A", "3K7MQ-2XJ9T-DWP4\u{e9}",
        ])
    func malformed(_ typed: String) {
        #expect(Reading(typed) == .malformed)
    }

    @Test("A byte that is not a digit counts as one")
    func everyByte() {
        for byte in UInt8.min...UInt8.max {
            let reading = Reading(ascii("12345") + [byte])
            switch byte {
            case 0x30...0x39:
                #expect(reading == .code(123_450 + UInt32(byte - 0x30), digits: 6))
            default: #expect(reading == .malformed, "byte \(byte)")
            }
        }
    }

    @Test("An answer over 64 bytes is examined")
    func long() {
        #expect(Reading(String(repeating: " ", count: 58) + "123456") == .code(123_456, digits: 6))
        #expect(Reading(String(repeating: " ", count: 59) + "123456") == .malformed)
        #expect(Reading(String(repeating: " ", count: 65)) == .malformed)
        for filler in [UInt8(ascii: "1"), UInt8(ascii: " "), 0, 0xff] {
            #expect(Reading([UInt8](repeating: filler, count: 1 << 20)) == .malformed)
        }
    }

    @Test("A backup code in another case, with hyphens, spaces or look-alikes is not read")
    func backupCodes() {
        let written = Reading.backupCode("3K7M0-2XJ9T-DWP1A")
        #expect(Reading("3K7M0-2XJ9T-DWP1A") == written)
        #expect(Reading("3k7m0-2xj9t-dwp1a") == written)
        #expect(Reading("3K7M02XJ9TDWP1A") == written)
        #expect(Reading("3K7M0 2XJ9T DWP1A") == written)
        #expect(Reading(" 3k7m0 - 2xj9t - dwp1a ") == written)
        #expect(Reading("3K7MO-2XJ9T-DWPIA") == written)
        #expect(Reading("3K7Mo-2XJ9T-DWPiA") == written)
        #expect(Reading("3K7MO-2XJ9T-DWPLA") == written)
        #expect(Reading("3K7MO-2XJ9T-DWPlA") == written)
        #expect(Reading("OOOOOOOOOOOOOOO") == .backupCode("00000-00000-00000"))
        #expect(Reading("LIIII11111LLLLL") == .backupCode("11111-11111-11111"))
    }
}
