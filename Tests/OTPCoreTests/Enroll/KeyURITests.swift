import Foundation
import TestSupport
import Testing

@testable import OTPCore

@Suite("The otpauth key URI")
struct KeyURITests {
    /// 20 bytes with a well-known Base32 form.
    private let key: [UInt8] = [
        0x48, 0x65, 0x6c, 0x6c, 0x6f, 0x21, 0xde, 0xad, 0xbe, 0xef,
        0x48, 0x65, 0x6c, 0x6c, 0x6f, 0x21, 0xde, 0xad, 0xbe, 0xef,
    ]

    private func uri(
        _ authenticator: Authenticator, issuer: [UInt8], account: [UInt8]
    ) -> String? {
        let made = KeyURI.make(
            authenticator, key: key.span, issuer: issuer.span, account: account.span)
        guard let made else { return nil }
        return made.withBytes { text($0.array) }
    }

    private func uri(
        _ authenticator: Authenticator, _ issuer: String = "bastion.example.com",
        _ account: String = "alice"
    ) -> String? {
        uri(authenticator, issuer: ascii(issuer), account: ascii(account))
    }

    @Test("With the defaults, there are parameters other than the key and the issuer")
    func defaults() throws {
        #expect(
            try uri(phone())
                == "otpauth://totp/bastion.example.com:alice"
                + "?secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP&issuer=bastion.example.com")
    }

    @Test("A setting without its default has no parameter, or one that apps cannot read")
    func parameters() throws {
        let start = "otpauth://totp/host:alice?secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP&issuer=host"
        func made(_ authenticator: Authenticator) -> String? { uri(authenticator, "host") }
        #expect(try made(phone(algorithm: .sha256)) == start + "&algorithm=SHA256")
        #expect(try made(phone(algorithm: .sha512)) == start + "&algorithm=SHA512")
        #expect(try made(phone(digits: 8)) == start + "&digits=8")
        #expect(try made(phone(digits: 7)) == start + "&digits=7")
        #expect(try made(phone(period: 60)) == start + "&period=60")
        #expect(
            try made(phone(algorithm: .sha512, digits: 8, period: 15))
                == start + "&algorithm=SHA512&digits=8&period=15")
    }

    @Test("An HOTP token lacks its counter, or has a period")
    func counter() throws {
        let start = "otpauth://hotp/host:alice?secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP&issuer=host"
        var token = try phone(kind: .hotp)
        #expect(uri(token, "host") == start + "&counter=0")
        token.nextStep = .max
        #expect(uri(token, "host") == start + "&counter=18446744073709551615")
    }

    @Test("A space is not %20, UTF-8 not percent-encoded, or the issuer not the label's prefix")
    func encoding() throws {
        let query = "?secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP&issuer="
        let phone = try phone()
        #expect(
            uri(phone, "ACME Corp", "Alice Smith")
                == "otpauth://totp/ACME%20Corp:Alice%20Smith" + query + "ACME%20Corp")
        #expect(
            uri(phone, "Bücher", "zoë@例え.jp")
                == "otpauth://totp/B%C3%BCcher:zo%C3%AB@%E4%BE%8B%E3%81%88.jp" + query
                + "B%C3%BCcher")
        #expect(
            uri(phone, "a+b&c=d?e#f/g%h", "\"<>\\^`{|}'()*!$,;[]")
                == "otpauth://totp/a%2Bb%26c%3Dd%3Fe%23f%2Fg%25h:"
                + "%22%3C%3E%5C%5E%60%7B%7C%7D%27%28%29%2A%21%24%2C%3B%5B%5D" + query
                + "a%2Bb%26c%3Dd%3Fe%23f%2Fg%25h")
        #expect(
            uri(phone, "A-Z.a_z~09", "DOM.user@host")
                == "otpauth://totp/A-Z.a_z~09:DOM.user@host" + query + "A-Z.a_z~09")
    }

    @Test(
        "Colons, control characters, empty or overlong names are accepted",
        arguments: [
            "", ":", "host:22", "::1", "a\nb", "a\u{0}", "\u{7f}", "a\tb", "\u{1b}[2J",
            String(repeating: "a", count: 65), String(repeating: "é", count: 33),
        ])
    func refused(_ part: String) throws {
        let phone = try phone()
        #expect(uri(phone, part, "alice") == nil)
        #expect(uri(phone, "host", part) == nil)
    }

    @Test("Bytes that are not UTF-8 are accepted")
    func notUTF8() throws {
        let phone = try phone()
        let broken: [[UInt8]] = [
            [0xff], [0x80], [0xc3], [0xc3, 0x28], [0xc0, 0xaf], [0xe2, 0x82], [0xed, 0xa0, 0x80],
            [0xf0, 0x82, 0x82, 0xac], [0xf4, 0x90, 0x80, 0x80], [0x61, 0xe9],
        ]
        for part in broken {
            #expect(uri(phone, issuer: part, account: ascii("alice")) == nil, "\(part)")
            #expect(uri(phone, issuer: ascii("host"), account: part) == nil, "\(part)")
        }
    }

    @Test("A name of 64 bytes is refused, or a longer one accepted")
    func longest() throws {
        let part = String(repeating: "é", count: 32)
        let made = try #require(try uri(phone(), part, part))
        #expect(made.contains("&issuer=" + String(repeating: "%C3%A9", count: 32)))
    }

    @Test("Random parts give a URI with invalid characters, or do not decode to themselves")
    func roundTrip() throws {
        var generator = Seeded(3986)
        let phone = try phone()
        let allowed = Set(
            "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~@%:/?&=")
        for _ in 0..<300 {
            let part = generator.printable(Int.random(in: 1...64, using: &generator))
                .filter { $0 != UInt8(ascii: ":") }
            guard !part.isEmpty else { continue }
            let made = try #require(uri(phone, issuer: part, account: part))
            #expect(made.allSatisfy { allowed.contains($0) })
            let label = try #require(
                made.dropFirst("otpauth://totp/".count).split(separator: "?").first)
            #expect(
                label.split(separator: ":").map { $0.removingPercentEncoding } == [
                    text(part), text(part),
                ])
        }
    }
}
