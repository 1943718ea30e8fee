// Nonce, tag and ciphertext, as everything in a store is sealed.
extension SealKey {
    /// Bytes before the ciphertext: nonce and tag.
    public static let sealedOverhead = nonceLength + tagLength

    /// Nonce, tag and the sealed `plain`, bound to `binding`; `nil` if the nonce is not
    /// `nonceLength` bytes long. `nonce` is random, and never used again with this key.
    public func sealed(
        _ plain: inout [UInt8], _ binding: [UInt8], nonce: [UInt8]
    ) -> [UInt8]? {
        guard let tag = seal(&plain, nonce: nonce.span, binding: binding.span) else { return nil }
        return nonce + tag + plain
    }

    /// Opens sealed bytes; `nil` if they were not sealed with this key and binding, or were changed.
    public func opened(_ bytes: Span<UInt8>, _ binding: [UInt8]) -> [UInt8]? {
        guard bytes.count >= SealKey.sealedOverhead else { return nil }
        var plain = bytes.extracting(SealKey.sealedOverhead...).array
        let isOurs = open(
            &plain, nonce: bytes.extracting(first: SealKey.nonceLength), binding: binding.span,
            tag: bytes.extracting(SealKey.nonceLength..<SealKey.sealedOverhead))
        return isOurs ? plain : nil
    }
}
