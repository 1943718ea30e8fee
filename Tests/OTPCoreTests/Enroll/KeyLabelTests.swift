import TestSupport
import Testing

@testable import OTPCore

@Suite("Labels of codes in apps")
struct KeyLabelTests {
    private func label(_ issuer: String, _ user: String, _ device: String? = nil) -> KeyLabel {
        KeyLabel(
            issuer: ascii(issuer), user: ascii(user), device: device.flatMap { Name($0.utf8) })
    }

    private func words(_ label: KeyLabel) -> [String] { [text(label.issuer), text(label.account)] }

    @Test("A named device is not shown after the user's name")
    func device() {
        #expect(words(label("host", "alice")) == ["host", "alice"])
        #expect(words(label("host", "alice", "my tablet")) == ["host", "alice (my tablet)"])
    }

    @Test("Characters that a key URI cannot have are kept")
    func parts() {
        for (written, shown) in [
            ("a:b", "a-b"), ("a\nb\u{7f}\u{9b}", "ab"), ("\u{202e}a\u{200b}", "a"), ("", "login"),
            ("\u{1b}[2J", "[2J"), (":", "-"), ("Müller & Söhne", "Müller & Söhne"),
            (String(repeating: "ü", count: 40), String(repeating: "ü", count: 32)),
        ] {
            #expect(text(KeyLabel.part(of: ascii(written))) == shown, "\(written)")
        }
        #expect(text(KeyLabel.part(of: [0x61, 0xff, 0x62])) == "a\u{fffd}b")
    }

    @Test("A name in a QR code is cut at a wrong place")
    func cuts() {
        let long = label(
            "ip-10-0-12-34.eu-central-1.compute.internal", "alice.wonderland@example.com", "tablet")
        for (cut, shown) in [
            (.nothing, words(long)), (.repetition, words(long)),
            (.issuer, ["ip-10-0-12-34", "alice.wonderland@example.com (tablet)"]),
            (.account, ["ip-10-0-12-34", "alice.wonderl~ (tablet)"]),
            (.most, ["ip-10-0-12-~", "alice (tablet)"]),
        ] as [(KeyLabel.Cut, [String])] {
            #expect(words(long.after(cut)) == shown, "\(cut)")
        }
        let short = label("web1", "bob", "phone-2")
        for cut in KeyLabel.Cut.allCases { #expect(short.after(cut) == short) }
        #expect(text(label("日本語の会社の名前", "x").after(.issuer).issuer) == "日本~")
    }

    @Test("A shortened label is too long, or invalid in a key URI")
    func limits() throws {
        var random = Seeded(18)
        for _ in 0..<2000 {
            let label = random.label()
            for cut in KeyLabel.Cut.allCases {
                let left = label.after(cut)
                let (issuer, account) = (left.issuer, left.account)
                let isAllowed = KeyURI.allows(issuer.span) && KeyURI.allows(account.span)
                #expect(isAllowed, "\(label)")
                let length = KeyURI.length(of: issuer) + KeyURI.length(of: account)
                // A space and two brackets take three bytes each.
                if cut == .account { #expect(length <= 22 + 14 + 9 + 12, "\(left)") }
                if cut == .most { #expect(length <= 12 + 8 + 9 + 8, "\(left)") }
            }
        }
    }

    @Test("The URI does not have the issuer once if something is cut, and twice otherwise")
    func addresses() throws {
        let phone = try #require(Authenticator(name: try name("phone"), added: 1))
        func address(_ cut: KeyLabel.Cut) throws -> String {
            let key = exampleKey
            let made = KeyURI.make(
                phone, key: key.span, label: label("web1", "bob", "tablet"), cut: cut)
            let written = made?.withBytes { text($0.array) }
            return try #require(written)
        }
        let start = "otpauth://totp/web1:bob%20%28tablet%29?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
        #expect(try address(.nothing) == start + "&issuer=web1")
        for cut in KeyLabel.Cut.allCases.dropFirst() { #expect(try address(cut) == start) }
    }
}

extension Seeded {
    /// Any label: host names, any bytes, other scripts; of any length.
    fileprivate mutating func label() -> KeyLabel {
        let device =
            Bool.random(using: &self) ? Name(printable(Int.random(in: 1...32, using: &self))) : nil
        return KeyLabel(issuer: text(), user: text(), device: device)
    }

    private mutating func text() -> [UInt8] {
        let count = Int.random(in: 0...80, using: &self)
        switch Int.random(in: 0...3, using: &self) {
        case 0: return bytes(count)
        case 1: return printable(count)
        case 2: return (0..<count).map { _ in ascii("abc.-@ 1").randomElement(using: &self) ?? 0 }
        default:
            return ascii(
                String((0..<count).map { _ in "日ü€ a.😀".randomElement(using: &self) ?? "a" }))
        }
    }
}
