import OTPCore

/// The seal key, sealed with the recovery key, and the next one while a rekey is under way:
/// `SWOTPREC`, the recovery key's id, and then each as nonce, tag and the sealed file.
struct RecoveryFile {
    static let name = Array("seal.recovery".utf8)
    private static let magic = Array("SWOTPREC".utf8)
    private static let binding = Array("swiftotp recovery".utf8)
    private static let headLength = magic.count + SealKey.idLength
    private static let partLength = SealKey.sealedOverhead + SealKeyFile.length
    static let maximumLength = headLength + 2 * partLength

    /// Seals keys; `nil` if the recovery key cannot.
    static func encoded(
        _ keys: SealKeyBytes, by recovery: borrowing RecoveryKey
    ) throws(StoreError) -> [UInt8]? {
        guard let key = recovery.sealKey else { return nil }
        var bytes = magic + key.id
        for (number, part) in [keys.own, keys.next].enumerated() {
            guard var plain = part else { continue }
            guard let sealed = try key.sealed(&plain, binding + [UInt8(number)]) else { return nil }
            bytes += sealed
        }
        return bytes
    }

    /// Opens them. Throws if they are damaged, or were sealed with another recovery key.
    static func opened(
        _ bytes: [UInt8], by recovery: borrowing RecoveryKey
    ) throws(StoreError) -> SealKeyBytes {
        let path = KeyPlace.disk.path(of: name)
        let damaged = StoreError(.damaged, path, "it is not what was written")
        let count = (bytes.count - headLength) / partLength
        guard bytes.starts(with: magic), (1...2).contains(count),
            bytes.count == headLength + count * partLength, let key = recovery.sealKey
        else { throw damaged }
        guard bytes[magic.count..<headLength].elementsEqual(key.id) else {
            throw StoreError(
                .otherKey, path, "it was sealed with another recovery key, such as a later one")
        }
        var parts: [[UInt8]] = []
        for number in 0..<count {
            let start = headLength + number * partLength
            let part = bytes.span.extracting(start..<start + partLength)
            guard let plain = key.opened(part, binding + [UInt8(number)]) else { throw damaged }
            _ = try SealKeyFile.key(plain, path: path)
            parts.append(plain)
        }
        guard let own = parts.first else { throw damaged }
        return SealKeyBytes(own: own, next: count > 1 ? parts[1] : nil)
    }
}
