import TestSupport
import Testing

@testable import OTPCore

@Suite("The answer to the question whether to trust a key")
struct TrustAnswerTests {
    private func name(_ typed: [UInt8], fallback: String = "ed25519") -> String? {
        TrustAnswer.name(typed.span, fallback: ascii(fallback))?.text
    }

    private func name(_ typed: String) -> String? { name(ascii(typed)) }

    @Test(
        "Trusting a key: a yes is not accepted",
        arguments: ["y", "Y", "yes", "YES", "Yes", "yEs", " y", "y ", "  yes   "])
    func yes(_ typed: String) {
        #expect(name(typed) == "ed25519")
    }

    @Test(
        "Trusting a key: a yes with a name gives it another name",
        arguments: [
            ("y laptop", "laptop"), ("yes laptop", "laptop"), ("Y My Laptop", "My Laptop"),
            ("y   my    laptop  ", "my laptop"), ("y y", "y"), ("y yes", "yes"), ("y n", "n"),
            ("y 1234567890123456", "1234567890123456"), ("yes a/b@c.d", "a/b@c.d"),
        ])
    func named(_ typed: String, _ expected: String) {
        #expect(name(typed) == expected)
    }

    @Test(
        "Trusting a key: something other than a clear yes is accepted",
        arguments: [
            "", " ", "    ", "n", "N", "no", "nyes", "ye", "yess", "yy", "yeah", "ja", "oui", "j",
            "0", "1", "laptop", "laptop y", "n y", "no yes", "y\tlaptop", "y\n", "\ny", "y\r",
            "\u{1b}y", "y\0", "\0", "y,", "y.", "-y", "\"y\"", "[y", "9", "ÿ", "ｙ", "123456",
        ])
    func no(_ typed: String) {
        #expect(name(typed) == nil, "\(typed.debugDescription)")
    }

    @Test(
        "An invalid name does not give the default name",
        arguments: [
            "y 12345678901234567", "y 1234567890 123456", "y a:b", "y \"laptop\"", "y a\\b",
            "y caf\u{e9}", "y a\u{7}b", "y a\nb", "y \u{1b}[31m", "y a\0b", "y \u{7f}", "y \t",
        ])
    func badName(_ typed: String) {
        #expect(name(typed) == "ed25519", "\(typed.debugDescription)")
    }

    @Test("A huge answer is read beyond 128 bytes")
    func huge() {
        let filler = String(repeating: "x", count: 1 << 20)
        #expect(name("y " + filler) == "ed25519")
        #expect(name(filler) == nil)
        #expect(name("y" + filler) == nil)
        #expect(name(String(repeating: " ", count: 128) + "y") == nil)
        #expect(name(String(repeating: " ", count: 127) + "y") == "ed25519")
    }
}
