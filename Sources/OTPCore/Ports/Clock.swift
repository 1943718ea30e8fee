/// Tells the time.
public protocol Clock {
    /// Unix seconds.
    func now() throws(StoreError) -> UInt64
    /// The time since boot; `nil` if it is not known.
    func boot() -> BootTime?
}
