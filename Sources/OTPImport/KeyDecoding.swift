import OTPCore

/// The ways in which files write keys. Whatever is decoded is wiped with its owner.
public enum KeyDecoding {
    /// The value of a hex digit of either case.
    public static func nibble(_ byte: UInt8) -> UInt8? {
        switch Text.lowercase(byte) {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"):
            Text.lowercase(byte) - UInt8(ascii: "a") + 10
        default: nil
        }
    }

    /// Bytes written in hex, of either case.
    static func hex(_ text: Span<UInt8>) throws(Refusal) -> KeyBox {
        guard !text.isEmpty, text.count.isMultiple(of: 2) else {
            throw Refusal("the key is not written in pairs of hex digits")
        }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.count / 2)
        defer { Secret.wipe(&bytes) }
        for index in stride(from: 0, to: text.count, by: 2) {
            guard let high = nibble(text[index]), let low = nibble(text[index + 1]) else {
                throw Refusal("the key is not written in hex")
            }
            bytes.append(high << 4 | low)
        }
        return KeyBox(wiping: &bytes)
    }

    /// Bytes written in Base32 as phones take it: blanks and hyphens between, `=` at the end, and
    /// bits beyond the last whole byte dropped, which random texts have.
    ///
    /// With `mistyped`, `0`, `1` and `8` are `O`, `L` and `B`, as google-authenticator reads them.
    static func base32(_ text: Span<UInt8>, mistyped: Bool) throws(Refusal) -> KeyBox {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.count * 5 / 8 + 1)
        defer { Secret.wipe(&bytes) }
        var (buffer, bits) = (UInt32(0), UInt32(0))
        var padded = false
        for index in text.indices {
            let byte = text[index]
            if Text.isBlank(byte) || byte == UInt8(ascii: "-") { continue }
            if byte == UInt8(ascii: "=") {
                padded = true
                continue
            }
            guard !padded, let value = base32Value(byte, mistyped: mistyped) else {
                throw Refusal("the key is not written in Base32")
            }
            buffer = buffer << 5 | UInt32(value)
            bits += 5
            if bits >= 8 {
                bits -= 8
                bytes.append(UInt8(truncatingIfNeeded: buffer >> bits))
                buffer &= (1 << bits) - 1
            }
        }
        return KeyBox(wiping: &bytes)
    }

    private static func base32Value(_ byte: UInt8, mistyped: Bool) -> UInt8? {
        switch Text.lowercase(byte) {
        case UInt8(ascii: "a")...UInt8(ascii: "z"): Text.lowercase(byte) - UInt8(ascii: "a")
        case UInt8(ascii: "2")...UInt8(ascii: "7"): byte - UInt8(ascii: "2") + 26
        case UInt8(ascii: "0") where mistyped: 14
        case UInt8(ascii: "1") where mistyped: 11
        case UInt8(ascii: "8") where mistyped: 1
        default: nil
        }
    }

    /// Bytes written in Base64 (RFC 4648, section 4), with blanks and line ends between.
    static func base64(_ text: Span<UInt8>, _ what: String) throws(Refusal) -> KeyBox {
        let refusal = Refusal("the \(what) is not written in Base64")
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.count / 4 * 3 + 3)
        defer { Secret.wipe(&bytes) }
        var (buffer, bits) = (UInt32(0), UInt32(0))
        var (symbols, padding) = (0, 0)
        for index in text.indices {
            let byte = text[index]
            if Text.isBlank(byte) { continue }
            symbols += 1
            if byte == UInt8(ascii: "=") {
                padding += 1
                continue
            }
            guard padding == 0, let value = base64Value(byte) else { throw refusal }
            buffer = buffer << 6 | UInt32(value)
            bits += 6
            if bits >= 8 {
                bits -= 8
                bytes.append(UInt8(truncatingIfNeeded: buffer >> bits))
                buffer &= (1 << bits) - 1
            }
        }
        guard symbols.isMultiple(of: 4), padding <= 2, buffer == 0 else {
            throw refusal
        }
        return KeyBox(wiping: &bytes)
    }

    private static func base64Value(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): byte - UInt8(ascii: "A")
        case UInt8(ascii: "a")...UInt8(ascii: "z"): byte - UInt8(ascii: "a") + 26
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0") + 52
        case UInt8(ascii: "+"): 62
        case UInt8(ascii: "/"): 63
        default: nil
        }
    }

    /// The hash function of a name: `SHA1`, `sha-256`, `HMAC-SHA512`, `HmacSHA1`, ...
    static func algorithm(_ name: Span<UInt8>) throws(Refusal) -> HashAlgorithm {
        var letters: [UInt8] = []
        for index in 0..<min(name.count, 16) where name[index] != UInt8(ascii: "-") {
            letters.append(Text.lowercase(name[index]))
        }
        if letters.starts(with: "hmac".utf8) { letters.removeFirst(4) }
        for algorithm in HashAlgorithm.allCases
        where name.count <= 16 && letters.elementsEqual(algorithm.name.lowercased().utf8) {
            return algorithm
        }
        throw Refusal("the hash function is not supported: \(ForeignText.printable(name))")
    }
}
