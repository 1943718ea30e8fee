import OTPCore

/// The files of the seal key and, while a rekey is under way, of the next one, as bytes to be sealed
/// as a whole. They are wiped at the end.
public final class SealKeyBytes {
    public let own: [UInt8]
    public let next: [UInt8]?

    init(own: [UInt8], next: [UInt8]? = nil) {
        (self.own, self.next) = (own, next)
    }

    deinit {
        Secret.wipe(endOf: own)
        if let next { Secret.wipe(endOf: next) }
    }

    /// The same with another next key.
    func followed(by next: [UInt8]?) -> SealKeyBytes {
        // Copies, because each is wiped by its last owner.
        SealKeyBytes(own: own.map(\.self), next: next?.map(\.self))
    }

    /// Whether both are the same keys.
    public func isEqual(to other: SealKeyBytes) -> Bool { own == other.own && next == other.next }
}
