// Keys shorter than those enrolled here, kept because root said so.
extension Record {
    /// How long the keys of a record may be, in bytes.
    static let keyLengthRange =
        HOTP.shortKeyLengthRange.lowerBound...HOTP.keyLengthRange.upperBound

    /// Whether authenticator `index` has such a key.
    public func hasShortKey(at index: Int) -> Bool {
        withKey(of: index) { HOTP.shortKeyLengthRange.contains($0.count) }
    }
}
