/// HMAC-based one-time passwords (RFC 4226), with the hash functions of RFC 6238.
public enum HOTP {
    /// How many digits a code may have (RFC 4226, section 5.3: at least 6).
    public static let digitsRange: ClosedRange<UInt8> = 6...8

    /// How long a key may be, in bytes: RFC 4226 section 4 R6 requires at least 128 bits.
    public static let keyLengthRange: ClosedRange<Int> = 16...64

    /// Shorter keys that are accepted if root allows it, in bytes: from the 80 bits of old
    /// programs.
    public static let shortKeyLengthRange: ClosedRange<Int> = 10...15

    /// The code for one moving factor, as a number below 10^`digits`.
    public static func code(
        key: Span<UInt8>, factor: UInt64, algorithm: HashAlgorithm, digits: UInt8
    ) -> UInt32 {
        var result: UInt32 = 0
        Cryptography.truncatedHMACs(algorithm, key: key, first: factor, count: 1) { _, value in
            result = value % modulus(digits)
        }
        return result
    }

    /// Calls `body` with the code of each of `count` moving factors from `first` on.
    static func codes(
        key: Span<UInt8>, first: UInt64, count: Int, algorithm: HashAlgorithm, digits: UInt8,
        _ body: (_ factor: UInt64, _ code: UInt32) -> Void
    ) {
        let modulus = modulus(digits)
        Cryptography.truncatedHMACs(algorithm, key: key, first: first, count: count) {
            body($0, $1 % modulus)
        }
    }

    /// 10^`digits`; digits outside 6 to 8 count as the nearest of them.
    static func modulus(_ digits: UInt8) -> UInt32 {
        switch digits {
        case ...6: 1_000_000
        case 7: 10_000_000
        default: 100_000_000
        }
    }

    /// A code as people read it, with leading zeros.
    public static func text(_ code: UInt32, digits: UInt8) -> String {
        let number = String(code)
        let missing = max(0, Int(digits) - number.utf8.count)
        return String(repeating: "0", count: missing) + number
    }
}
