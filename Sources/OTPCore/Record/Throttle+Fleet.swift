// In a fleet, the failures of strangers are counted for each host, outside the record.

extension Throttle {
    /// Sets what strangers have failed at this host and at all others: how often, and the time of
    /// the last in Unix seconds.
    public mutating func setStrangers(
        here: (failures: UInt32, last: UInt64), elsewhere: (failures: UInt32, last: UInt64)
    ) {
        isInFleet = true
        shared = Counter(failures: here.failures, last: here.last)
        self.elsewhere = Counter(failures: elsewhere.failures, last: elsewhere.last)
    }

    /// Whether the account is closed for all but known keys.
    public var isClosedToStrangers: Bool { isClosed }
}
