/// The key that records are sealed with (ChaCha20-Poly1305, RFC 8439), and its public id.
///
/// Every record contains the id, so that a record of another key is not mistaken for a damaged one.
///
/// A class, because a store and its records share one key: its bytes are in one place, and wiped.
public final class SealKey {
    /// Length of the key's id in bytes.
    public static let idLength = 8
    /// Length of the key in bytes.
    public static let keyLength = Cryptography.sealKeyLength
    /// Length of the nonce for each sealing, in random bytes.
    public static let nonceLength = Cryptography.nonceLength
    /// Length of the tag in bytes.
    public static let tagLength = Cryptography.tagLength

    /// The key's id: random, not secret.
    public let id: [UInt8]
    private let key: Secret

    /// `nil` if `id` or `key` has another length.
    public init?(id: [UInt8], key: consuming Secret) {
        guard id.count == SealKey.idLength, key.count == SealKey.keyLength else { return nil }
        self.id = id
        self.key = key
    }

    /// The first `length` bytes (1 to 32) of HMAC-SHA-256 of `text` and a 1 in four bytes: nobody
    /// without the key can compute it. One round of PBKDF2 does exactly that.
    public func mac(_ text: Span<UInt8>, length: Int) -> [UInt8] {
        key.withBytes { key in
            Cryptography.pbkdf2(
                password: key, salt: text, iterations: 1, length: min(length, 32))
        }
    }

    /// Encrypts `bytes` in place, bound to `binding`, and returns the tag; `nil` if the nonce is
    /// not `nonceLength` bytes long.
    public func seal(
        _ bytes: inout [UInt8], nonce: Span<UInt8>, binding: Span<UInt8>
    ) -> [UInt8]? {
        key.withBytes { key in
            Cryptography.seal(&bytes, key: key, nonce: nonce, binding: binding)
        }
    }

    /// Decrypts `bytes` in place. If anything was changed, wipes them and returns `false`.
    public func open(
        _ bytes: inout [UInt8], nonce: Span<UInt8>, binding: Span<UInt8>, tag: Span<UInt8>
    ) -> Bool {
        key.withBytes { key in
            Cryptography.open(&bytes, key: key, nonce: nonce, binding: binding, tag: tag)
        }
    }
}
