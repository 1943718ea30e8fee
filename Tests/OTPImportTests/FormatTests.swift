import OTPCore
import Testing

@testable import OTPImport

@Suite("Words, keys and texts")
struct FormatTests {
    @Test("A hash function's name in a file is not read")
    func algorithms() throws {
        for (name, algorithm) in [
            ("SHA1", HashAlgorithm.sha1), ("sha-1", .sha1), ("HmacSHA1", .sha1),
            ("HMAC-SHA256", .sha256), ("SHA-256", .sha256), ("sha512", .sha512),
        ] {
            let name = ascii(name)
            #expect(try KeyDecoding.algorithm(name.span) == algorithm)
        }
        for name in ["", "SHA", "SHA224", "SHA3-256", "MD5", "HMAC", "SHA1------------------"] {
            let name = ascii(name)
            #expect(throws: Refusal.self) { try KeyDecoding.algorithm(name.span) }
        }
    }

    @Test("A number of more than 64 bits is read")
    func numbers() {
        func decimal(_ text: String) -> UInt64? {
            let text = ascii(text)
            return Text.decimal(text.span)
        }
        func signed(_ text: String) -> Int64? {
            let text = ascii(text)
            return Text.signed(text.span)
        }
        #expect(decimal("18446744073709551615") == .max && decimal("007") == 7)
        for text in ["", "18446744073709551616", "+1", "-1", " 1", "1 ", "0x1", "1e3", "１"] {
            #expect(decimal(text) == nil, "\(text)")
        }
        #expect(signed("-9223372036854775807") == -.max && signed("+5") == 5)
        for text in ["", "-", "+", "--1", "9223372036854775808"] {
            #expect(signed(text) == nil, "\(text)")
        }
    }
}
