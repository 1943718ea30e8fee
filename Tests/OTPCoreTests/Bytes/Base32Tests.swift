import TestSupport
import Testing

@testable import OTPCore

@Suite("Base32")
struct Base32Tests {
    /// The decoded bytes, or `nil` if the text is refused.
    private func decode(_ encoded: [UInt8]) -> [UInt8]? {
        guard let secret = Base32.decode(encoded.span) else { return nil }
        return secret.withBytes { $0.array }
    }

    private func decode(_ encoded: String) -> [UInt8]? { decode(ascii(encoded)) }

    @Test("Random bytes of every length come back, and the text has no padding")
    func roundTrip() {
        var generator = Seeded(4648)
        for length in 0...80 {
            for _ in 0..<8 {
                let bytes = generator.bytes(length)
                let encoded = Base32.encode(bytes.span)
                #expect(encoded.count == (length * 8 + 4) / 5)
                #expect(
                    encoded.allSatisfy {
                        (0x41...0x5a).contains($0) || (0x32...0x37).contains($0)
                    })
                #expect(decode(encoded) == bytes)
                #expect(decode(text(encoded).lowercased()) == bytes)
            }
        }
    }

    @Test("Groups of four, hyphens and padding are not read as people type them")
    func spacing() {
        let key = decode("JBSWY3DPEHPK3PXP")
        #expect(key == [0x48, 0x65, 0x6c, 0x6c, 0x6f, 0x21, 0xde, 0xad, 0xbe, 0xef])
        #expect(decode("JBSW Y3DP EHPK 3PXP") == key)
        #expect(decode("jbsw-y3dp-ehpk-3pxp") == key)
        #expect(decode(" JBSWY3DPEHPK3PXP ") == key)
        #expect(decode("MZXW 6===") == ascii("foo"))
        #expect(decode("") == [])
    }

    @Test(
        "Base32 or Base64 that no encoder makes is read",
        arguments: [
            "0", "1", "8", "9", "JBSWY3D0", "JBSWY3D1", "JBSWY3D8",  // digits outside the alphabet
            "A", "AAA", "AAAAAA", "JBSWY3DPE",  // lengths that are no whole bytes
            "MZ", "MZXX", "MY3=", "AB",  // bits beyond the last byte
            "MZ=XW6", "=MZXW6", "MZXW6=Y",  // padding before the end
            "MZXW6\n", "\tMZXW6", "MZXW6\u{0}", "MZ_XW6", "MZ+XW6", "MZ/XW6", "MZ.XW6",
            "ＭＺＸＷ６", "MZXẂ6", "мжхш",
        ])
    func malformed(_ encoded: String) {
        #expect(decode(encoded) == nil)
    }

    @Test("A byte is neither a symbol, a separator or padding, nor refused")
    func everyByte() {
        for byte in UInt8.min...UInt8.max {
            // Eight symbols, one of them `byte`.
            let decoded = decode([byte] + ascii("AAAAAAA"))
            switch byte {
            case 0x41...0x5a, 0x61...0x7a, 0x32...0x37: #expect(decoded?.count == 5)
            // With a separator there are seven symbols: four bytes and three bits.
            case 0x20, 0x2d: #expect(decoded?.count == 4)
            default: #expect(decoded == nil, "byte \(byte)")
            }
        }
    }

    @Test("No two texts without separators and padding mean the same bytes")
    func oneSpelling() {
        var generator = Seeded(32)
        let alphabet = ascii("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567")
        var accepted = 0
        for _ in 0..<4000 {
            let length = Int.random(in: 1...16, using: &generator)
            let encoded = (0..<length).map { _ in
                alphabet[Int.random(in: 0..<32, using: &generator)]
            }
            guard let bytes = decode(encoded) else { continue }
            accepted += 1
            #expect(Base32.encode(bytes.span) == encoded)
        }
        #expect(accepted > 100)
    }
}
