import OTPCore

/// What a store is open with: its seal key and, until a rekey is done, the earlier one.
struct SealKeys {
    /// What is new is sealed with this one.
    let current: SealKey
    /// What has not had its turn is still sealed with this one.
    let earlier: SealKey?

    var all: [SealKey] {
        guard let earlier else { return [current] }
        return [current, earlier]
    }

    /// The key with this id.
    func named(_ id: [UInt8]) -> SealKey? { all.first { $0.id == id } }
}

// Nonce, tag and ciphertext, as everything in a store is sealed.
extension SealKey {
    /// Nonce, tag and the sealed `plain`; `nil` if it cannot be sealed.
    func sealed(_ plain: inout [UInt8], _ binding: [UInt8]) throws(StoreError) -> [UInt8]? {
        let nonce = try SystemRandom().bytes(SealKey.nonceLength)
        guard let tag = seal(&plain, nonce: nonce.span, binding: binding.span) else { return nil }
        return [UInt8](capacity: Store.sealedOverhead + plain.count) { bytes in
            bytes.write(copying: nonce.span)
            bytes.write(copying: tag.span)
            bytes.write(copying: plain.span)
        }
    }

    /// Opens sealed bytes; `nil` if they were not sealed with this key, or were changed.
    func opened(_ bytes: Span<UInt8>, _ binding: [UInt8]) -> [UInt8]? {
        guard bytes.count >= Store.sealedOverhead else { return nil }
        var plain = bytes.extracting(Store.sealedOverhead...).array
        let isOurs = open(
            &plain, nonce: bytes.extracting(first: SealKey.nonceLength), binding: binding.span,
            tag: bytes.extracting(SealKey.nonceLength..<Store.sealedOverhead))
        return isOurs ? plain : nil
    }
}
