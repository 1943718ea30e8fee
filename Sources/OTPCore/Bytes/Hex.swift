/// Hexadecimal: two digits per byte (RFC 4648, section 8).
public enum Hex {
    /// The value of a digit of either case; `nil` for any other byte.
    public static func digit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
        default: nil
        }
    }

    /// The digits of `bytes`, in lower case.
    public static func text(of bytes: [UInt8]) -> String {
        String(decoding: bytes.reduce(into: []) { $0.append(hex: $1) }, as: UTF8.self)
    }

    /// The digit of a value below 16.
    static func symbol(_ value: UInt8, uppercase: Bool) -> UInt8 {
        value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: uppercase ? "A" : "a") + value - 10
    }

    /// Decodes `text`. Bytes for which `isBetween` returns true may stand anywhere between digits.
    ///
    /// `nil` for any other byte, and for a single digit at the end.
    public static func decode(
        _ text: Span<UInt8>, between isBetween: (UInt8) -> Bool = { _ in false }
    ) -> Secret? {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.count)
        defer { Secret.wipe(&bytes) }
        var high: UInt8?
        for index in text.indices where !isBetween(text[index]) {
            guard let digit = digit(text[index]) else { return nil }
            if let first = high {
                bytes.append(first << 4 | digit)
                high = nil
            } else {
                high = digit
            }
        }
        return high == nil ? Secret(copying: bytes.span) : nil
    }
}

extension [UInt8] {
    /// Appends `byte` as two digits.
    public mutating func append(hex byte: UInt8, uppercase: Bool = false) {
        append(Hex.symbol(byte >> 4, uppercase: uppercase))
        append(Hex.symbol(byte & 15, uppercase: uppercase))
    }
}
