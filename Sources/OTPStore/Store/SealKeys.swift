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

extension SealKey {
    /// Nonce, tag and the sealed `plain`; `nil` if it cannot be sealed.
    func sealed(_ plain: inout [UInt8], _ binding: [UInt8]) throws(StoreError) -> [UInt8]? {
        sealed(&plain, binding, nonce: try SystemRandom().bytes(SealKey.nonceLength))
    }
}
