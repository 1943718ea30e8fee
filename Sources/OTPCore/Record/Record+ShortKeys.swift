// Keys that are shorter than those that are enrolled here, and kept because root has said so.
extension Record {
    /// How long a key may be that a record holds, in bytes.
    static let keyLengthRange =
        HOTP.shortKeyLengthRange.lowerBound...HOTP.keyLengthRange.upperBound

    /// Whether the key of authenticator `index` is such a one.
    public func hasShortKey(at index: Int) -> Bool {
        withKey(of: index) { HOTP.shortKeyLengthRange.contains($0.count) }
    }
}
