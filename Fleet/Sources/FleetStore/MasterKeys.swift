import OTPCore

/// The fleet's master keys: the one that new things are sealed with, and earlier ones that not
/// everything has left yet.
///
/// A master key seals nothing itself: it only makes other keys (HKDF, RFC 5869). Which of a server's
/// keys is the current one is in the database, so that all servers change at once.
public struct MasterKeys: Sendable {
    /// What is new is sealed under this one.
    public let current: SealKey
    /// What has not had its turn is still sealed under one of these.
    public let earlier: [SealKey]

    public init(current: SealKey, earlier: [SealKey] = []) {
        self.current = current
        self.earlier = earlier
    }

    /// The same keys, with the one of this id as the current one; `nil` if it is not among them.
    func led(by id: [UInt8]) -> MasterKeys? {
        guard let current = named(id) else { return nil }
        return MasterKeys(
            current: current, earlier: ([self.current] + earlier).filter { $0.id != id })
    }

    /// The key with this id.
    func named(_ id: [UInt8]) -> SealKey? { ([current] + earlier).first { $0.id == id } }
}

extension SealKey {
    /// The key for one purpose: HKDF-Expand (RFC 5869, 2.3) of this key, which is uniformly random
    /// and needs no Extract (3.3). `purpose` is a fixed text, `context` says for what.
    ///
    /// `mac` appends a 1 in four bytes, which are the end of *info* (three zeros) and the number of
    /// the block.
    func derived(for purpose: StaticString, _ context: [UInt8] = []) -> SealKey? {
        var bytes = derivedBytes(for: purpose, context)
        return SealKey(id: id, key: Secret(wiping: &bytes))
    }

    /// Its bytes, which the caller wipes.
    func derivedBytes(for purpose: StaticString, _ context: [UInt8]) -> [UInt8] {
        var info = [UInt8](purpose)
        // A text never has a zero: where it ends is certain.
        info.append(0)
        info += context
        return mac(info.span, length: SealKey.keyLength)
    }

    /// Nonce, tag and the sealed `plain`, which is wiped.
    func sealed(_ plain: inout [UInt8], _ binding: [UInt8]) throws(StoreError) -> [UInt8] {
        defer { Secret.wipe(&plain) }
        let nonce = [UInt8](random: SealKey.nonceLength)
        guard let sealed = sealed(&plain, binding, nonce: nonce) else {
            throw StoreError(.system, [], "a record cannot be sealed")
        }
        return sealed
    }
}
