/// Base32 (RFC 4648, section 6), upper case and without padding, as key URIs write it.
public enum Base32 {

    /// Encodes `bytes` as ASCII.
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

    /// How strictly a text is read.
    public enum Spelling {
        /// Upper or lower case, spaces and hyphens anywhere, `=` only at the end. A length that no
        /// encoder produces is refused, and so are set bits beyond the last byte: each key has one
        /// text.
        case exact
        /// As phones accept it: line breaks anywhere, too, and set bits beyond the last byte, which
        /// random texts have, are dropped.
        case ofPhones
        /// Like `ofPhones`, with `0`, `1` and `8` read as `O`, `L` and `B`, as google-authenticator
        /// does.
        case mistyped
    }

    /// Decodes `text`; `nil` if it does not conform to `spelling`.
    public static func decode(_ text: Span<UInt8>, as spelling: Spelling = .exact) -> Secret? {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.count * 5 / 8 + 1)
        defer { Secret.wipe(&bytes) }
        var buffer: UInt32 = 0
        var bits: UInt32 = 0
        var symbols = 0
        var padded = false
        for index in text.indices {
            let byte = text[index]
            if isBetween(byte, spelling) { continue }
            if byte == UInt8(ascii: "=") {
                padded = true
                continue
            }
            guard !padded, let value = value(of: byte, spelling) else { return nil }
            symbols += 1
            buffer = buffer << 5 | value
            bits += 5
            if bits >= 8 {
                bits -= 8
                bytes.append(UInt8(truncatingIfNeeded: buffer >> bits))
                buffer &= (1 << bits) - 1
            }
        }
        let isWhole = buffer == 0 && bits < 5 && ![1, 3, 6].contains(symbols % 8)
        return isWhole || spelling != .exact ? Secret(copying: bytes.span) : nil
    }

    private static func isBetween(_ byte: UInt8, _ spelling: Spelling) -> Bool {
        switch byte {
        case UInt8(ascii: " "), UInt8(ascii: "-"): true
        case UInt8(ascii: "\t"), UInt8(ascii: "\r"), UInt8(ascii: "\n"): spelling != .exact
        default: false
        }
    }

    private static func value(of byte: UInt8, _ spelling: Spelling) -> UInt32? {
        switch byte {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): UInt32(byte - UInt8(ascii: "A"))
        case UInt8(ascii: "a")...UInt8(ascii: "z"): UInt32(byte - UInt8(ascii: "a"))
        case UInt8(ascii: "2")...UInt8(ascii: "7"): UInt32(byte - UInt8(ascii: "2")) + 26
        case UInt8(ascii: "0") where spelling == .mistyped: 14
        case UInt8(ascii: "1") where spelling == .mistyped: 11
        case UInt8(ascii: "8") where spelling == .mistyped: 1
        default: nil
        }
    }
}
