/// Tells the time.
public protocol Clock {
    /// Unix seconds.
    func now() throws(StoreError) -> UInt64
    /// The time since this machine was started; `nil` where it cannot be told.
    func boot() -> BootTime?
}
