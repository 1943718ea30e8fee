/// What is stored of a backup code, a temporary code or one by message: PBKDF2-HMAC-SHA256 with its
/// own salt (NIST SP 800-63B-4, 3.1.2.2).
public struct HashedCode: Equatable, Sendable {
    /// Length of the salt in bytes (NIST asks for at least 4).
    public static let saltLength = 8
    /// Length of the hash in bytes: 96 bits for at most 70 random ones.
    static let hashLength = 12

    static let length = saltLength + hashLength

    /// PBKDF2 rounds. The codes have 55 or 70 random bits and limited tries, which more rounds
    /// would not make safer; NIST allows a low cost for such secrets. A code by message has 26, which
    /// no number of rounds would hide for the ten minutes that it is good.
    static let iterations: UInt32 = 1000

    /// The salt, then the hash.
    let bytes: [UInt8]

    /// `nil` for another length.
    init?(_ bytes: [UInt8]) {
        guard bytes.count == HashedCode.length else { return nil }
        self.bytes = bytes
    }

    /// The hash of a code's symbols; `nil` if the salt is not `saltLength` long.
    init?(_ symbols: borrowing Secret, salt: [UInt8]) {
        let hash = symbols.withBytes { symbols in
            Cryptography.pbkdf2(
                password: symbols, salt: salt.span, iterations: HashedCode.iterations,
                length: HashedCode.hashLength)
        }
        self.init(salt + hash)
    }

    var salt: [UInt8] { Array(bytes.prefix(HashedCode.saltLength)) }
    var hash: [UInt8] { Array(bytes.suffix(HashedCode.hashLength)) }

    /// Whether these are the stored symbols, in time that does not depend on them.
    func matches(_ symbols: borrowing Secret) -> Bool {
        guard let other = HashedCode(symbols, salt: salt) else { return false }
        return Cryptography.constantTimeEqual(bytes.span, other.bytes.span)
    }

    /// Does the work of comparing when there is nothing to compare with.
    static func spend(on symbols: borrowing Secret) {
        _ = HashedCode(symbols, salt: [UInt8](repeating: 0, count: saltLength))
    }
}
