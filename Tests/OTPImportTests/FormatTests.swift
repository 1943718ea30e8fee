import OTPCore
import Testing

@testable import OTPImport

@Suite("Words, keys and texts")
struct FormatTests {
    @Test("The words after --from, each with one line of help")
    func words() {
        #expect(
            ImportFormat.allCases.map(\.rawValue) == [
                "google-authenticator", "users.oath", "otpauth", "pskc", "privacyidea-csv",
            ])
        for format in ImportFormat.allCases {
            #expect((10...80).contains(format.help.count) && !format.help.contains("\n"))
            #expect(ImportFormat(rawValue: format.rawValue) == format)
        }
        #expect(ImportFormat.googleAuthenticator.maximumSize == 65_536)
        #expect(ImportFormat.pskc.maximumSize == 8 << 20)
    }

    private func base64(_ text: String) -> [UInt8]? {
        let text = ascii(text)
        return (try? KeyDecoding.base64(text.span, "text"))?.withBytes { $0.array }
    }

    @Test("Base64 as RFC 4648 has it, with blanks between, and nothing else")
    func base64() {
        let good: [(String, String)] = [
            ("", ""), ("Zg==", "f"), ("Zm8=", "fo"), ("Zm9v", "foo"), ("Zm9vYg==", "foob"),
            ("Zm9v\n  YmE=", "fooba"), (" Zm9vYmFy\t", "foobar"),
        ]
        for (text, value) in good { #expect(base64(text) == ascii(value)) }
        #expect(base64("+/+/") == [0xfb, 0xff, 0xbf])
        for text in [
            "Zg=", "Zg", "Z===", "Zg==Zg==", "Zh==", "Zm9=", "Zm-v", "=", "====", "Zm9v\u{0}",
        ] {
            #expect(base64(text) == nil, "\(text)")
        }
    }

    @Test("The names of hash functions that files use")
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

    @Test("Outside text is shown in printable ASCII, whatever it is")
    func printable() {
        #expect(ForeignText("plain user").printable == "plain user")
        #expect(ForeignText("a\\b\n\u{1b}[2J").printable == #"a\\b\x0a\x1b[2J"#)
        #expect(ForeignText([0xff, 0x00]).printable == #"\xff\x00"#)
        #expect(
            ForeignText(String(repeating: "x", count: 81)).printable
                == String(repeating: "x", count: 80) + "...")
    }
}
