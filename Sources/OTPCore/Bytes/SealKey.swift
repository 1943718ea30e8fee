/// The key that records are sealed with (ChaCha20-Poly1305, RFC 8439), and its public name.
///
/// The name lies in every record, so that a record of another key is told from a damaged one.
///
/// A class: a store and its records share one key, whose bytes are in one place and wiped.
public final class SealKey {
    /// Length of the key's name in bytes.
    public static let idLength = 8
    /// Length of the key in bytes.
    public static let keyLength = Cryptography.sealKeyLength
    /// Length of the nonce that each sealing needs, in random bytes.
    public static let nonceLength = Cryptography.nonceLength
    /// Length of the tag in bytes.
    public static let tagLength = Cryptography.tagLength

    /// The key's name: random, not secret.
    public let id: [UInt8]
    private let key: Secret

    /// `nil` where `id` or `key` have another length.
    public init?(id: [UInt8], key: consuming Secret) {
        guard id.count == SealKey.idLength, key.count == SealKey.keyLength else { return nil }
        self.id = id
        self.key = key
    }

    /// The first `length` bytes (1 to 32) of HMAC-SHA-256 of `text` and a 1 of four bytes: what
    /// nobody without the key can tell of the text. One round of PBKDF2 is exactly that.
    public func mac(_ text: Span<UInt8>, length: Int) -> [UInt8] {
        key.withBytes { key in
            Cryptography.pbkdf2(
                password: key, salt: text, iterations: 1, length: min(length, 32))
        }
    }

    /// Encrypts `bytes` in place, bound to `binding`, and returns the tag; `nil` where the nonce
    /// is not `nonceLength` long.
    public func seal(
        _ bytes: inout [UInt8], nonce: Span<UInt8>, binding: Span<UInt8>
    ) -> [UInt8]? {
        key.withBytes { key in
            Cryptography.seal(&bytes, key: key, nonce: nonce, binding: binding)
        }
    }

    /// Decrypts `bytes` in place; where anything was changed, `false`, and they are wiped.
    public func open(
        _ bytes: inout [UInt8], nonce: Span<UInt8>, binding: Span<UInt8>, tag: Span<UInt8>
    ) -> Bool {
        key.withBytes { key in
            Cryptography.open(&bytes, key: key, nonce: nonce, binding: binding, tag: tag)
        }
    }
}
