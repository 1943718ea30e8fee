import OTPCore

/// Percent-encoding (RFC 3986). A `+` is a plus: in URIs it never meant a space.
enum PercentEncoding {
    /// The bytes of `text`, which must be UTF-8 once decoded.
    static func decode(_ text: Span<UInt8>) throws(Refusal) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.count)
        var index = 0
        while index < text.count {
            if text[index] != UInt8(ascii: "%") {
                bytes.append(text[index])
                index += 1
                continue
            }
            guard text.count - index > 2, let high = Hex.digit(text[index + 1]),
                let low = Hex.digit(text[index + 2])
            else {
                Secret.wipe(&bytes)
                throw Refusal("a % in the URI is not followed by two hex digits")
            }
            bytes.append(high << 4 | low)
            index += 3
        }
        guard Text.isUTF8(bytes.span) else {
            Secret.wipe(&bytes)
            throw Refusal("the URI is not written in UTF-8")
        }
        return bytes
    }
}
