import Foundation
import TestSupport
import Testing

@testable import OTPCore

@Suite("Base64")
struct Base64Tests {
    private func decode(_ text: [UInt8]) -> [UInt8]? { Base64.decode(text.span) }
    private func decode(_ text: String) -> [UInt8]? { decode(ascii(text)) }

    @Test("Base64 differs from RFC 4648, section 10")
    func vectors() {
        for (plain, encoded) in [
            ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="),
            ("fooba", "Zm9vYmE="), ("foobar", "Zm9vYmFy"),
        ] {
            #expect(decode(encoded) == ascii(plain))
            let bytes = ascii(plain)
            #expect(text(Base64.encode(bytes.span)) == encoded.filter { $0 != "=" })
        }
    }

    @Test("Random bytes of some length are encoded differently from Foundation")
    func foundation() {
        var generator = Seeded(64)
        for length in 0...200 {
            let bytes = generator.bytes(length)
            let encoded = Data(bytes).base64EncodedString()
            #expect(decode(encoded) == bytes)
            #expect(text(Base64.encode(bytes.span)) == encoded.filter { $0 != "=" })
        }
    }

    @Test(
        "Base32 or Base64 that no encoder makes is read",
        arguments: [
            "Z", "Zg", "Zg=", "Zm8", "Zm9vY", "Zm9vYg", "Zm9vYg=", "Zm9vYmE",  // padding missing
            "=", "==", "===", "====", "Z===", "Zg===", "Zg======", "Zm9v=", "Zm9v====",
            "Zg==Zg==", "Zm8=Zm8=", "=Zm9", "Z=m9", "Zm=v",  // padding before the end
            "Zh==", "Zm9=", "Zv==", "Zm8/Zn==", "Zm+=",  // bits beyond the last byte
            "Zm9v\n", "Zm9v\r\n", "Zm9v\r\n\r\n", " Zm9", "Zm9 ", "Zm 9", "Zm\t9", "Zm9\u{0}",
            "Zm9-", "Zm9_", "Zm9,", "Zm9.", "Zm9*", "Zm9é", "Жы",
        ])
    func malformed(_ encoded: String) {
        #expect(decode(encoded) == nil)
    }

    @Test("Every byte is of the alphabet or refused")
    func everyByte() {
        let alphabet = ascii("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")
        for byte in UInt8.min...UInt8.max {
            for place in 0..<4 {
                var symbols = ascii("AAAA")
                symbols[place] = byte
                guard let value = alphabet.firstIndex(of: byte) else {
                    // A single `=` at the end replaces two bits of the last group; both are zero.
                    let padded = byte == UInt8(ascii: "=") && place == 3
                    #expect(decode(symbols) == (padded ? [0, 0] : nil), "byte \(byte)")
                    continue
                }
                let group = value << (18 - 6 * place)
                #expect(
                    decode(symbols)
                        == [16, 8, 0].map { UInt8(truncatingIfNeeded: group >> $0) })
            }
        }
    }

    @Test("No two texts mean the same bytes")
    func oneSpelling() {
        var generator = Seeded(65)
        // Few letters, so that padding and zero bits are frequent.
        let letters = ascii("AQgwBz+/==")
        var accepted = 0
        for _ in 0..<20_000 {
            let encoded = (0..<Int.random(in: 1...12, using: &generator)).map { _ in
                letters[Int.random(in: 0..<letters.count, using: &generator)]
            }
            guard let bytes = decode(encoded) else { continue }
            accepted += 1
            #expect(ascii(Data(bytes).base64EncodedString()) == encoded)
        }
        #expect(accepted > 100)
    }
}
