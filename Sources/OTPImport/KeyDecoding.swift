import OTPCore

/// How files encode keys. The result is wiped with its owner.
public enum KeyDecoding {
    /// Hexadecimal, in either case.
    static func hex(_ text: Span<UInt8>) throws(Refusal) -> KeyBox {
        guard !text.isEmpty, text.count.isMultiple(of: 2) else {
            throw Refusal("the key is not written in pairs of hex digits")
        }
        guard let key = Hex.decode(text) else { throw Refusal("the key is not written in hex") }
        return KeyBox(key)
    }

    /// Base32, as phones accept it.
    static func base32(_ text: Span<UInt8>, as spelling: Base32.Spelling) throws(Refusal) -> KeyBox
    {
        guard let key = Base32.decode(text, as: spelling) else {
            throw Refusal("the key is not written in Base32")
        }
        return KeyBox(key)
    }

    /// Base64 (RFC 4648, section 4), with blanks and line ends allowed between.
    static func base64(_ text: Span<UInt8>, _ what: String) throws(Refusal) -> KeyBox {
        var symbols: [UInt8] = []
        symbols.reserveCapacity(text.count)
        defer { Secret.wipe(&symbols) }
        for index in text.indices where !Text.isBlank(text[index]) { symbols.append(text[index]) }
        guard var bytes = Base64.decode(symbols.span) else {
            throw Refusal("the \(what) is not written in Base64")
        }
        return KeyBox(wiping: &bytes)
    }

    /// The hash function by name: `SHA1`, `sha-256`, `HMAC-SHA512`, `HmacSHA1`, ...
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
