/// A one-time code for the day without a phone: one of ten, each used once.
///
/// Fifteen symbols of Crockford's Base32 in three groups, such as `3K7MQ-2XJ9T-DWP4A`: the
/// index of the code in its set, then 70 random bits. The alphabet has no I, L, O and U, and
/// reading takes O for 0, and I and L for 1. Because the index is in the code, a try costs one
/// hash whatever the number of codes (NIST SP 800-63B-4, 3.1.2.2).
public struct BackupCode: ~Copyable {
    /// How many codes a set has.
    public static let setSize = 10
    /// Symbols of a code, the index among them.
    public static let length = 15
    /// Random bytes that a code is made from (70 of their 112 bits are used).
    public static let randomLength = length - 1

    /// PBKDF2 rounds. A code has 70 random bits, which no number of rounds would make safer;
    /// NIST allows a small cost for such secrets.
    static let iterations: UInt32 = 1000

    private static var alphabet: [UInt8] { Array("0123456789ABCDEFGHJKMNPQRSTVWXYZ".utf8) }

    /// Which code of the set this is, 0 to 9.
    public let index: Int
    /// The fifteen symbols in upper case, without hyphens.
    let symbols: Secret

    /// The code number `index` (0 to 9) from `randomLength` random bytes; `nil` for other sizes.
    public init?(index: Int, random: Span<UInt8>) {
        guard (0..<BackupCode.setSize).contains(index), random.count == BackupCode.randomLength
        else { return nil }
        let alphabet = BackupCode.alphabet
        var symbols = [alphabet[index]]
        symbols.reserveCapacity(BackupCode.length)
        for position in random.indices {
            symbols.append(alphabet[Int(random[position] & 31)])
        }
        self.index = index
        self.symbols = Secret(wiping: &symbols)
    }

    /// Reads a code that somebody typed, hyphens and spaces already taken out; `nil` where it
    /// has not the form of one.
    init?(typed: Span<UInt8>) {
        guard typed.count == BackupCode.length else { return nil }
        let alphabet = BackupCode.alphabet
        var symbols: [UInt8] = []
        symbols.reserveCapacity(BackupCode.length)
        defer { Secret.wipe(&symbols) }
        for position in typed.indices {
            guard let value = BackupCode.value(of: typed[position], in: alphabet) else {
                return nil
            }
            symbols.append(alphabet[value])
        }
        guard let index = BackupCode.value(of: typed[0], in: alphabet),
            index < BackupCode.setSize
        else { return nil }
        self.index = index
        self.symbols = Secret(copying: symbols.span)
    }

    /// The code as it is handed out: `3K7MQ-2XJ9T-DWP4A`.
    public var text: String {
        symbols.withBytes { symbols in
            var text: [UInt8] = []
            for position in symbols.indices {
                if position > 0 && position % 5 == 0 { text.append(UInt8(ascii: "-")) }
                text.append(symbols[position])
            }
            return String(decoding: text, as: UTF8.self)
        }
    }

    /// What is kept of the code; `nil` where the salt is not `Hashed.saltLength` long.
    public func hashed(salt: [UInt8]) -> Hashed? {
        symbols.withBytes { symbols in
            Hashed(
                salt
                    + Cryptography.pbkdf2(
                        password: symbols, salt: salt.span, iterations: BackupCode.iterations,
                        length: Hashed.hashLength))
        }
    }

    /// What the record keeps of a backup code: PBKDF2-HMAC-SHA256 under a salt of its own.
    public struct Hashed: Equatable, Sendable {
        /// Length of the salt in bytes (NIST asks for at least 4).
        public static let saltLength = 8
        /// Length of the hash in bytes: 96 bits of what has 70.
        static let hashLength = 12

        static let length = saltLength + hashLength

        /// The salt, then the hash.
        let bytes: [UInt8]

        /// `nil` for another length.
        init?(_ bytes: [UInt8]) {
            guard bytes.count == Hashed.length else { return nil }
            self.bytes = bytes
        }

        var salt: [UInt8] { Array(bytes.prefix(Hashed.saltLength)) }
        var hash: [UInt8] { Array(bytes.suffix(Hashed.hashLength)) }

        /// Whether `code` is the one that was kept, in time that does not depend on it.
        func matches(_ code: borrowing BackupCode) -> Bool {
            guard let other = code.hashed(salt: salt) else { return false }
            return Cryptography.constantTimeEqual(bytes.span, other.bytes.span)
        }
    }

    private static func value(of byte: UInt8, in alphabet: [UInt8]) -> Int? {
        let upper = (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) ? byte - 32 : byte
        switch upper {
        case UInt8(ascii: "O"): return 0
        case UInt8(ascii: "I"), UInt8(ascii: "L"): return 1
        default: return alphabet.firstIndex(of: upper)
        }
    }
}
