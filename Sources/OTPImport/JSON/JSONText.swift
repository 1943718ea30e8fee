import OTPCore

/// JSON strings, with their escapes.
enum JSONText {
    /// What `\` and this letter stand for; `nil` for `u`, and if they stand for nothing.
    static func escaped(_ letter: UInt8) -> UInt8? {
        switch letter {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): letter
        case UInt8(ascii: "b"): 0x08
        case UInt8(ascii: "f"): 0x0c
        case UInt8(ascii: "n"): 0x0a
        case UInt8(ascii: "r"): 0x0d
        case UInt8(ascii: "t"): 0x09
        default: nil
        }
    }

    /// The code unit of four hex digits; `nil` if there are none.
    static func unit(at offset: Int, in bytes: Span<UInt8>) -> UInt16? {
        guard offset >= 0, bytes.count - offset >= 4 else { return nil }
        var unit: UInt16 = 0
        for index in offset..<offset + 4 {
            guard let digit = Hex.digit(bytes[index]) else { return nil }
            unit = unit << 4 | UInt16(digit)
        }
        return unit
    }

    /// Decodes a string that was already checked. The caller wipes the result if it may contain a
    /// key.
    ///
    /// An unpaired surrogate becomes U+FFFD.
    static func decode(_ text: Span<UInt8>) -> [UInt8] {
        var decoded: [UInt8] = []
        decoded.reserveCapacity(text.count)
        var offset = 0
        while offset < text.count {
            guard text[offset] == UInt8(ascii: "\\"), offset + 1 < text.count else {
                decoded.append(text[offset])
                offset += 1
                continue
            }
            if let byte = escaped(text[offset + 1]) {
                decoded.append(byte)
                offset += 2
                continue
            }
            let first = unit(at: offset + 2, in: text) ?? 0
            offset += 6
            var value = UInt32(first)
            if UTF16.isLeadSurrogate(first), offset + 1 < text.count,
                text[offset] == UInt8(ascii: "\\"), text[offset + 1] == UInt8(ascii: "u"),
                let second = unit(at: offset + 2, in: text), UTF16.isTrailSurrogate(second)
            {
                value = 0x10000 + (UInt32(first & 0x3ff) << 10 | UInt32(second & 0x3ff))
                offset += 6
            }
            let scalar = Unicode.Scalar(value) ?? "\u{fffd}"
            decoded.append(contentsOf: String(scalar).utf8)
        }
        return decoded
    }
}
