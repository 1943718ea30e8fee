extension UInt64 {
    /// The sum, or `UInt64.max` if it overflows.
    func addingClamped(_ other: UInt64) -> UInt64 {
        let (sum, overflow) = addingReportingOverflow(other)
        return overflow ? .max : sum
    }
}
