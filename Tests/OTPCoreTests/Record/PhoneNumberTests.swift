import OTPCore
import Testing

/// Numbers and addresses that messages go to.
@Suite("Where messages go")
struct PhoneNumberTests {
    private func number(_ text: String) -> String? { PhoneNumber(Array(text.utf8))?.text }

    @Test("A number is refused or changed that people write")
    func numbers() {
        #expect(number("+4915112345642") == "+4915112345642")
        #expect(number("+49 151 12345642") == "+4915112345642")
        #expect(number("+1 555-123.4567") == "+15551234567")
        #expect(number("0151 12345642") == "015112345642")
        #expect(number("12345") == "12345")
        #expect(number("+123456789012345") == "+123456789012345")
    }

    @Test(
        "Something is a number that is none: an option, a second number, a line, another script",
        arguments: [
            "", "+", "1234", "+1234", "1234567890123456", "+1234567890123456", "alice",
            "-4915112345", "--help", "+-4915112345", " 4915112345", "4915112345 ", "4915112345-",
            "491511  2345", "+49 (0)151 12345", "+049151123", "++491511234", "491511+234",
            "491511234,491511235", "491511234;x", "491511234/5", "49151123\n45", "491511234\n",
            "491511234\r\nFlash: yes", "49151123\t45", "49151123\u{0}45", "４９１５１１２３",
            "٤٩١٥١١٢٣", "{to}", "$(id)",
        ])
    func noNumbers(text: String) { #expect(number(text) == nil) }

    @Test("Bytes that are no text make a number, or trap")
    func bytes() {
        for byte in UInt8.min...UInt8.max {
            let isDigit = (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
            let found = PhoneNumber(Array("12345".utf8) + [byte])
            #expect((found != nil) == isDigit, "\(byte)")
        }
        #expect(PhoneNumber([UInt8](repeating: UInt8(ascii: "1"), count: 100_000)) == nil)
    }

    @Test("A masked number or address shows more than its owner needs, or less")
    func masked() {
        #expect(PhoneNumber(Array("+4915112345642".utf8))?.masked == "...42")
        #expect(PhoneNumber(Array("12345".utf8))?.masked == "...45")
        #expect(MailAddress("alice@example.com")?.masked == "a...@example.com")
        #expect(MailAddress("b@example.com")?.masked == "b...@example.com")
        #expect(MailAddress("alice")?.masked == "a...")
    }
}
