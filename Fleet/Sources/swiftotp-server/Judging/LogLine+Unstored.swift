import OTPCore

extension LogLine {
    /// Says that nobody knows whether it was stored. `restored --replay` takes it for stored: the
    /// same request may have been answered by another server, which has no line of its own.
    mutating func addUnstored() { add("stored", "unknown") }
}
