extension Record {
    /// Makes new backup codes, and returns them in clear.
    public mutating func renewBackupCodes(
        at now: UInt64, random: some Randomness
    ) throws(StoreError) -> [String] {
        var codes: [String] = []
        try renewBackupCodes(
            at: now, random: { (count) throws(StoreError) in try random.bytes(count) },
            { codes.append($0) })
        return codes
    }
}
