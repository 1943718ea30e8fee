import CNettle
import Glibc
import OTPCore

/// nettle's AES and HMAC behind spans, for encrypted key files.
///
/// This file and `XMLParser.swift` are the only ones in OTPImport with unsafe code.
enum PSKCCryptography {
    /// The length of an AES-128 key and of a block, in bytes.
    static let blockLength = 16
    /// The length of an HMAC-SHA1, in bytes.
    static let macLength = 20

    /// Decrypts AES-128-CBC as in XML Encryption: the first block is the initialization vector, and
    /// the last byte says how much of the last block is padding.
    ///
    /// `nil` if the lengths or the padding are wrong.
    static func decrypt(_ text: Span<UInt8>, key: Span<UInt8>) -> KeyBox? {
        guard key.count == blockLength, text.count >= 2 * blockLength,
            text.count.isMultiple(of: blockLength)
        else { return nil }
        var plain = blocks(text, key: key)
        defer { Secret.wipe(&plain) }
        // Each block has yet to be combined with the encrypted block before it.
        var chained: [UInt8] = []
        chained.reserveCapacity(plain.count)
        defer { Secret.wipe(&chained) }
        for index in blockLength..<plain.count {
            chained.append(plain[index] ^ text[index - blockLength])
        }
        guard let padding = chained.last, (1...UInt8(blockLength)).contains(padding) else {
            return nil
        }
        let length = chained.count - Int(padding)
        return KeyBox(Secret(copying: chained.span.extracting(0..<length)))
    }

    /// Decrypts every block separately. `key` is 16 bytes, `text` whole blocks.
    private static func blocks(_ text: Span<UInt8>, key: Span<UInt8>) -> [UInt8] {
        var output = [UInt8](repeating: 0, count: text.count)
        var context = aes128_ctx()
        // SAFETY: the key has the 16 bytes that nettle reads (checked by the caller); the output is
        // as long as the input, which is whole blocks; the context is wiped whole.
        unsafe key.withUnsafeBufferPointer {
            unsafe nettle_aes128_set_decrypt_key(&context, $0.baseAddress)
        }
        unsafe text.withUnsafeBufferPointer { text in
            unsafe output.withUnsafeMutableBufferPointer { output in
                unsafe nettle_aes128_decrypt(
                    &context, text.count, output.baseAddress, text.baseAddress)
            }
        }
        unsafe explicit_bzero(&context, MemoryLayout<aes128_ctx>.size)
        return output
    }

    /// Whether `expected` is the HMAC-SHA1 of `text`, in time that depends only on the lengths.
    static func isMAC(_ expected: Span<UInt8>, of text: Span<UInt8>, key: Span<UInt8>) -> Bool {
        guard expected.count == macLength else { return false }
        var digest = [UInt8](repeating: 0, count: macLength)
        var context = hmac_sha1_ctx()
        // SAFETY: every pointer comes with its own count; the digest has the 20 bytes that are
        // written and compared; the context is wiped whole.
        unsafe key.withUnsafeBufferPointer {
            unsafe nettle_hmac_sha1_set_key(&context, $0.count, $0.baseAddress)
        }
        unsafe text.withUnsafeBufferPointer {
            unsafe nettle_hmac_sha1_update(&context, $0.count, $0.baseAddress)
        }
        unsafe digest.withUnsafeMutableBufferPointer {
            unsafe nettle_hmac_sha1_digest(&context, $0.count, $0.baseAddress)
        }
        unsafe explicit_bzero(&context, MemoryLayout<hmac_sha1_ctx>.size)
        return unsafe digest.withUnsafeBufferPointer { digest in
            unsafe expected.withUnsafeBufferPointer { expected in
                unsafe nettle_memeql_sec(digest.baseAddress, expected.baseAddress, macLength) != 0
            }
        }
    }
}
