import Glibc
import CNettle

/// nettle's functions behind spans. Every length is taken from the span itself.
///
/// This file and `Secret.swift` are the only ones in OTPCore with unsafe code.
enum Cryptography {
    /// Length of an AEAD key in bytes (RFC 8439).
    static let sealKeyLength = 32
    /// Length of an AEAD nonce in bytes (RFC 8439).
    static let nonceLength = 12
    /// Length of an AEAD tag in bytes (RFC 8439).
    static let tagLength = 16

    // MARK: HMAC, dynamically truncated (RFC 4226, section 5.3)

    /// Calls `body` with the 31-bit value of each of `count` moving factors from `first` on.
    ///
    /// The key is set up once for all of them. Factors past `UInt64.max` are left out.
    static func truncatedHMACs(
        _ algorithm: HashAlgorithm, key: Span<UInt8>, first: UInt64, count: Int,
        _ body: (_ factor: UInt64, _ value: UInt32) -> Void
    ) {
        // SAFETY (all three): the context has the type that these functions expect, and
        // `eachFactor` passes pointers as long as the lengths next to them.
        switch algorithm {
        case .sha1:
            unsafe eachFactor(
                hmac_sha1_ctx(), key, first, count, algorithm.digestLength, body,
                setKey: nettle_hmac_sha1_set_key, update: nettle_hmac_sha1_update,
                digest: nettle_hmac_sha1_digest)
        case .sha256:
            unsafe eachFactor(
                hmac_sha256_ctx(), key, first, count, algorithm.digestLength, body,
                setKey: nettle_hmac_sha256_set_key, update: nettle_hmac_sha256_update,
                digest: nettle_hmac_sha256_digest)
        case .sha512:
            unsafe eachFactor(
                hmac_sha512_ctx(), key, first, count, algorithm.digestLength, body,
                setKey: nettle_hmac_sha512_set_key, update: nettle_hmac_sha512_update,
                digest: nettle_hmac_sha512_digest)
        }
    }

    private typealias Read<Context> = (UnsafeMutablePointer<Context>?, Int, UnsafePointer<UInt8>?)
        -> Void
    private typealias Write<Context> = (
        UnsafeMutablePointer<Context>?, Int, UnsafeMutablePointer<UInt8>?
    ) -> Void

    private static func eachFactor<Context: BitwiseCopyable>(
        _ context: Context, _ key: Span<UInt8>, _ first: UInt64, _ count: Int, _ length: Int,
        _ body: (UInt64, UInt32) -> Void,
        setKey: Read<Context>, update: Read<Context>, digest: Write<Context>
    ) {
        var context = context
        var message: [8 of UInt8] = .init(repeating: 0)
        var output: [64 of UInt8] = .init(repeating: 0)
        // SAFETY: every pointer comes with its own count; `length` is at most 64.
        unsafe key.withUnsafeBufferPointer { unsafe setKey(&context, $0.count, $0.baseAddress) }
        for index in 0..<max(0, count) {
            let (factor, overflow) = first.addingReportingOverflow(UInt64(index))
            if overflow { break }
            for byte in 0..<8 {
                message[byte] = UInt8(truncatingIfNeeded: factor >> (56 - 8 * byte))
            }
            unsafe message.span.withUnsafeBufferPointer {
                unsafe update(&context, $0.count, $0.baseAddress)
            }
            var span = output.mutableSpan
            unsafe span.withUnsafeMutableBufferPointer {
                unsafe digest(&context, length, $0.baseAddress)
            }
            body(factor, truncate(output, length))
        }
        // SAFETY: two locals that derive from the key, wiped whole.
        unsafe explicit_bzero(&context, MemoryLayout<Context>.size)
        var span = output.mutableSpan
        unsafe span.withUnsafeMutableBytes {
            if let start = $0.baseAddress { unsafe explicit_bzero(start, $0.count) }
        }
    }

    private static func truncate(_ digest: [64 of UInt8], _ length: Int) -> UInt32 {
        let offset = Int(digest[length - 1] & 0x0f)
        return UInt32(digest[offset] & 0x7f) << 24 | UInt32(digest[offset + 1]) << 16
            | UInt32(digest[offset + 2]) << 8 | UInt32(digest[offset + 3])
    }

    // MARK: SHA-256

    /// The SHA-256 of `bytes`, which are not secret.
    static func sha256(_ bytes: Span<UInt8>) -> [UInt8] {
        var digest = Digest()
        digest.update(bytes)
        return digest.finish()
    }

    // MARK: PBKDF2-HMAC-SHA256 (RFC 8018)

    /// Derives `length` bytes (1 to 64) from `password` and `salt`.
    static func pbkdf2(
        password: Span<UInt8>, salt: Span<UInt8>, iterations: UInt32, length: Int
    ) -> [UInt8] {
        var output = [UInt8](repeating: 0, count: max(1, min(length, 64)))
        // SAFETY: every pointer comes with its own count and lives through the call.
        unsafe password.withUnsafeBufferPointer { password in
            unsafe salt.withUnsafeBufferPointer { salt in
                unsafe output.withUnsafeMutableBufferPointer { output in
                    unsafe nettle_pbkdf2_hmac_sha256(
                        password.count, password.baseAddress, iterations,
                        salt.count, salt.baseAddress, output.count, output.baseAddress)
                }
            }
        }
        return output
    }

    /// Whether two byte strings are equal, in time that depends only on their lengths.
    static func constantTimeEqual(_ left: Span<UInt8>, _ right: Span<UInt8>) -> Bool {
        guard left.count == right.count else { return false }
        // SAFETY: both are `left.count` bytes long.
        return unsafe left.withUnsafeBufferPointer { left in
            unsafe right.withUnsafeBufferPointer { right in
                unsafe nettle_memeql_sec(left.baseAddress, right.baseAddress, left.count) != 0
            }
        }
    }

    // MARK: ChaCha20-Poly1305 (RFC 8439)

    /// Encrypts `bytes` in place and returns the tag. `key` is 32 bytes, `nonce` 12.
    static func seal(
        _ bytes: inout [UInt8], key: Span<UInt8>, nonce: Span<UInt8>, binding: Span<UInt8>
    ) -> [UInt8]? {
        crypt(&bytes, key: key, nonce: nonce, binding: binding, sealing: true)
    }

    /// Decrypts `bytes` in place. If the tag does not match, wipes them and returns `false`.
    static func open(
        _ bytes: inout [UInt8], key: Span<UInt8>, nonce: Span<UInt8>, binding: Span<UInt8>,
        tag expected: Span<UInt8>
    ) -> Bool {
        if let tag = crypt(&bytes, key: key, nonce: nonce, binding: binding, sealing: false),
            constantTimeEqual(tag.span, expected)
        {
            return true
        }
        Secret.wipe(&bytes)
        return false
    }

    private static func crypt(
        _ bytes: inout [UInt8], key: Span<UInt8>, nonce: Span<UInt8>, binding: Span<UInt8>,
        sealing: Bool
    ) -> [UInt8]? {
        guard key.count == sealKeyLength, nonce.count == nonceLength else { return nil }
        var context = chacha_poly1305_ctx()
        var tag = [UInt8](repeating: 0, count: tagLength)
        // SAFETY: key and nonce have the lengths that nettle reads (checked above); the other
        // pointers come with their counts; nettle allows encryption in place.
        unsafe key.withUnsafeBufferPointer {
            unsafe nettle_chacha_poly1305_set_key(&context, $0.baseAddress)
        }
        unsafe nonce.withUnsafeBufferPointer {
            unsafe nettle_chacha_poly1305_set_nonce(&context, $0.baseAddress)
        }
        unsafe binding.withUnsafeBufferPointer {
            unsafe nettle_chacha_poly1305_update(&context, $0.count, $0.baseAddress)
        }
        let crypt = unsafe sealing ? nettle_chacha_poly1305_encrypt : nettle_chacha_poly1305_decrypt
        unsafe bytes.withUnsafeMutableBufferPointer {
            unsafe crypt(&context, $0.count, $0.baseAddress, $0.baseAddress)
        }
        unsafe tag.withUnsafeMutableBufferPointer {
            unsafe nettle_chacha_poly1305_digest(&context, $0.count, $0.baseAddress)
        }
        unsafe explicit_bzero(&context, MemoryLayout<chacha_poly1305_ctx>.size)
        return tag
    }
}

/// The SHA-256 of bytes that come in parts.
public struct Digest {
    private var context = sha256_ctx()

    public init() {
        // SAFETY: the context has the type that the function expects.
        unsafe nettle_sha256_init(&context)
    }

    public mutating func update(_ bytes: Span<UInt8>) {
        // SAFETY: as above, and the pointer comes with its own count.
        unsafe bytes.withUnsafeBufferPointer {
            unsafe nettle_sha256_update(&context, $0.count, $0.baseAddress)
        }
    }

    /// The digest of all parts; the next part begins another one.
    public mutating func finish() -> [UInt8] {
        var digest = [UInt8](repeating: 0, count: HashAlgorithm.sha256.digestLength)
        // SAFETY: as above.
        unsafe digest.withUnsafeMutableBufferPointer {
            unsafe nettle_sha256_digest(&context, $0.count, $0.baseAddress)
        }
        return digest
    }
}
