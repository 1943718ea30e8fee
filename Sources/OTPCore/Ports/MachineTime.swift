/// What can be known about a clock without another one.
public enum MachineTime {
    /// No correct clock is before this: 2026-01-01, the year of the first release. TOTP codes are
    /// refused then, and backup codes still work.
    public static let earliest: UInt64 = 1_767_225_600
}
