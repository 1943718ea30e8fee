/// Base32 (RFC 4648, section 6), upper case and without padding, as key URIs write it.
public enum Base32 {

    /// The text of `bytes`, as ASCII.
    public static func encode(_ bytes: Span<UInt8>) -> [UInt8] {
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".utf8)
        var text: [UInt8] = []
        text.reserveCapacity((bytes.count * 8 + 4) / 5)
        var buffer: UInt32 = 0
        var bits: UInt32 = 0
        for index in bytes.indices {
            buffer = buffer << 8 | UInt32(bytes[index])
            bits += 8
            while bits >= 5 {
                bits -= 5
                text.append(alphabet[Int(buffer >> bits & 31)])
            }
            buffer &= (1 << bits) - 1
        }
        if bits > 0 { text.append(alphabet[Int(buffer << (5 - bits) & 31)]) }
        return text
    }

    /// The bytes of `text`: either case, spaces and hyphens between, `=` only at the end.
    ///
    /// `nil` for any other byte, for a length that no encoder makes, and for set bits beyond
    /// the last byte, so that no two texts of one spelling mean one key.
    public static func decode(_ text: Span<UInt8>) -> Secret? {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.count * 5 / 8 + 1)
        defer { Secret.wipe(&bytes) }
        var buffer: UInt32 = 0
        var bits: UInt32 = 0
        var symbols = 0
        var padded = false
        for index in text.indices {
            let byte = text[index]
            if byte == UInt8(ascii: " ") || byte == UInt8(ascii: "-") { continue }
            if byte == UInt8(ascii: "=") {
                padded = true
                continue
            }
            guard !padded, let value = value(of: byte) else { return nil }
            symbols += 1
            buffer = buffer << 5 | value
            bits += 5
            if bits >= 8 {
                bits -= 8
                bytes.append(UInt8(truncatingIfNeeded: buffer >> bits))
                buffer &= (1 << bits) - 1
            }
        }
        guard buffer == 0, bits < 5, ![1, 3, 6].contains(symbols % 8) else { return nil }
        return Secret(copying: bytes.span)
    }

    private static func value(of byte: UInt8) -> UInt32? {
        switch byte {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): UInt32(byte - UInt8(ascii: "A"))
        case UInt8(ascii: "a")...UInt8(ascii: "z"): UInt32(byte - UInt8(ascii: "a"))
        case UInt8(ascii: "2")...UInt8(ascii: "7"): UInt32(byte - UInt8(ascii: "2")) + 26
        default: nil
        }
    }
}
