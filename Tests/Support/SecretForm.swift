import Foundation

/// One form that a secret, or a piece of it, could have in memory or in a log. Pieces, because
/// memory that was freed and reused has lost a part of it.
public struct SecretForm: Sendable {
    /// What it is, such as `key as hex`.
    public let what: String
    public let bytes: [UInt8]

    public init(_ what: String, _ bytes: [UInt8]) { (self.what, self.bytes) = (what, bytes) }

    init(_ what: String, _ text: String) { self.init(what, Array(text.utf8)) }

    /// All pieces of this length, beginning every `step` bytes.
    private func pieces(of length: Int, each step: Int) -> [SecretForm] {
        guard bytes.count > length else { return [self] }
        return stride(from: 0, through: bytes.count - length, by: step).map {
            SecretForm("\(what), from \($0)", Array(bytes[$0..<($0 + length)]))
        }
    }

    // MARK: Keys

    /// The forms of the key of an authenticator.
    public static func key(_ base32: String) -> [SecretForm] {
        let key = bytes(ofBase32: base32)
        var forms = binary("key", key)
        for (name, text) in [("key in Base32", base32), ("key in base32", base32.lowercased())] {
            forms += SecretForm(name, text).pieces(of: 12, each: 4)
            let groups = stride(from: 0, to: text.count, by: 4)
                .map { String(text.dropFirst($0).prefix(4)) }.joined(separator: " ")
            forms += SecretForm("\(name), in groups", groups).pieces(of: 14, each: 5)
        }
        forms += pairs(base32)
        forms.append(SecretForm("key URI", "secret=\(base32.prefix(8))"))
        // The state of an HMAC after its key, as nettle stores it.
        for (name, pad) in [("inner", 0x36), ("outer", 0x5c)] as [(String, UInt8)] {
            let block = (key + [UInt8](repeating: 0, count: 64 - key.count)).map { $0 ^ pad }
            let state = SHA1.state(after: block)
            forms += SecretForm("\(name) state of HMAC", state).pieces(of: 8, each: 4)
        }
        return forms
    }

    /// The forms of secret bytes: as they are, as HMAC takes them, in hex and in Base64.
    public static func binary(_ name: String, _ key: [UInt8]) -> [SecretForm] {
        let hex = key.map { String(format: "%02x", $0) }.joined()
        var forms = SecretForm(name, key).pieces(of: 8, each: 4)
        forms += SecretForm("\(name) with ipad", key.map { $0 ^ 0x36 }).pieces(of: 8, each: 4)
        forms += SecretForm("\(name) with opad", key.map { $0 ^ 0x5c }).pieces(of: 8, each: 4)
        forms += SecretForm("\(name) in hex", hex).pieces(of: 12, each: 4)
        forms += SecretForm("\(name) in HEX", hex.uppercased()).pieces(of: 12, each: 4)
        return forms + base64(name, key)
    }

    /// Base64 at each of the three positions in a group, without what depends on the neighbors.
    private static func base64(_ name: String, _ bytes: [UInt8]) -> [SecretForm] {
        (0..<3).flatMap { (before: Int) -> [SecretForm] in
            let padded = [UInt8](repeating: 0, count: before) + bytes
            let text = Data(padded).base64EncodedString().dropFirst(before == 0 ? 0 : before + 1)
            let whole = text.prefix(max(0, text.count - 4))
            return SecretForm("\(name) in Base64", String(whole)).pieces(of: 8, each: 4)
        }
    }

    /// Base32 in a QR code: pairs of symbols of 11 bits each (ISO/IEC 18004, 7.4.4), at any bit
    /// offset.
    private static func pairs(_ base32: String) -> [SecretForm] {
        let symbols = Array("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ")
        let values = base32.map { symbols.firstIndex(of: $0) ?? 0 }
        var bits: [UInt8] = []
        for at in stride(from: 0, to: values.count - 1, by: 2) {
            let pair = values[at] * 45 + values[at + 1]
            for bit in 0..<11 { bits.append(UInt8(pair >> (10 - bit) & 1)) }
        }
        return (0..<8).flatMap { (first: Int) -> [SecretForm] in
            let bytes = stride(from: first, through: bits.count - 8, by: 8).map { start in
                bits[start..<start + 8].reduce(UInt8(0)) { $0 << 1 | $1 }
            }
            return SecretForm("key in a QR code", bytes).pieces(of: 8, each: 4)
        }
    }

    /// Rows of a QR code, as libqrencode stores them while they are data: their second bit says so.
    public static func squares(_ squares: [[Bool]]) -> [SecretForm] {
        squares.dropFirst(9).dropLast(9).map { row in
            SecretForm("squares", row.dropFirst(9).prefix(12).map { $0 ? 3 : 2 })
        }
    }

    // MARK: Codes

    /// The forms of a code of eight digits: what was typed, and its value.
    public static func code(_ digits: String) -> [SecretForm] {
        let value = UInt32(digits) ?? 0
        let bytes = (0..<4).map { UInt8(truncatingIfNeeded: value >> UInt32(8 * $0)) }
        return [SecretForm("code \(digits)", digits), SecretForm("value of \(digits)", bytes)]
            + base64("code \(digits)", Array(digits.utf8))
    }

    /// Whether the forms of a code are unlikely to occur by chance.
    public static func isUnusual(_ digits: String) -> Bool {
        guard digits.count == 8, Set(digits).count > 4 else { return false }
        return code(digits)[1].bytes.allSatisfy { $0 != 0 && $0 != 0xff }
    }

    /// The forms of a backup code or a temporary code, as it is handed out.
    public static func groups(_ code: String) -> [SecretForm] {
        let plain = code.filter { $0 != "-" }
        var forms = base64("code \(code)", Array(code.utf8))
        for text in [code, code.lowercased()] {
            forms += SecretForm("code \(text)", text).pieces(of: 9, each: 1)
        }
        for text in [plain, plain.lowercased()] {
            forms += SecretForm("code \(text)", text).pieces(of: 8, each: 1)
        }
        return forms
    }

    // MARK: Records

    /// The pieces of a plaintext record that nothing else contains: keys, hashes and salts.
    public static func record(_ plain: [UInt8]) -> [SecretForm] {
        SecretForm("record in clear", plain).pieces(of: 16, each: 8)
            .filter { Set($0.bytes).count > 13 }
    }

    /// The bytes of Base32 without padding.
    static func bytes(ofBase32 text: String) -> [UInt8] {
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567")
        var bytes: [UInt8] = []
        var (buffer, bits) = (0, 0)
        for symbol in text.uppercased() {
            buffer = (buffer << 5 | (alphabet.firstIndex(of: symbol) ?? 0)) & 0xffff
            bits += 5
            guard bits >= 8 else { continue }
            bits -= 8
            bytes.append(UInt8(truncatingIfNeeded: buffer >> bits))
        }
        return bytes
    }
}

/// SHA-1 (FIPS 180-4) of one block, to know what an HMAC stores of its key.
private enum SHA1 {
    /// The five words of the state after the first block, in this machine's byte order.
    static func state(after block: [UInt8]) -> [UInt8] {
        let start: [UInt32] = [0x6745_2301, 0xefcd_ab89, 0x98ba_dcfe, 0x1032_5476, 0xc3d2_e1f0]
        var words = stride(from: 0, to: 64, by: 4).map { at in
            block[at..<at + 4].reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
        }
        for t in 16..<80 {
            words.append(rotate(words[t - 3] ^ words[t - 8] ^ words[t - 14] ^ words[t - 16], 1))
        }
        var (a, b, c, d, e) = (start[0], start[1], start[2], start[3], start[4])
        for (t, word) in words.enumerated() {
            let mix: (UInt32, UInt32) =
                switch t / 20 {
                case 0: (b & c | ~b & d, 0x5a82_7999)
                case 1: (b ^ c ^ d, 0x6ed9_eba1)
                case 2: (b & c | b & d | c & d, 0x8f1b_bcdc)
                default: (b ^ c ^ d, 0xca62_c1d6)
                }
            let next = rotate(a, 5) &+ mix.0 &+ e &+ mix.1 &+ word
            (a, b, c, d, e) = (next, a, rotate(b, 30), c, d)
        }
        return zip(start, [a, b, c, d, e]).flatMap { old, new in
            (0..<4).map { UInt8(truncatingIfNeeded: (old &+ new) >> UInt32(8 * $0)) }
        }
    }

    private static func rotate(_ word: UInt32, _ by: UInt32) -> UInt32 {
        word << by | word >> (32 - by)
    }
}
