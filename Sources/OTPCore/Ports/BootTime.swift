/// The time since this machine was started, which nobody can set.
public struct BootTime: Equatable, Sendable {
    /// Length of the id in bytes.
    public static let idLength = 16

    /// Which start of the machine it is.
    let id: [UInt8]
    /// Seconds since then, those asleep among them (CLOCK_BOOTTIME).
    let seconds: UInt64

    /// `nil` where `id` is not `idLength` long.
    public init?(id: [UInt8], seconds: UInt64) {
        guard id.count == BootTime.idLength else { return nil }
        self.id = id
        self.seconds = seconds
    }
}
