/// The time since boot, which nobody can set.
public struct BootTime: Equatable, Sendable {
    /// Length of the id in bytes.
    public static let idLength = 16

    /// Which boot it is.
    let id: [UInt8]
    /// Seconds since then, including sleep (CLOCK_BOOTTIME).
    let seconds: UInt64

    /// `nil` if `id` is not `idLength` long.
    public init?(id: [UInt8], seconds: UInt64) {
        guard id.count == BootTime.idLength else { return nil }
        self.id = id
        self.seconds = seconds
    }
}
