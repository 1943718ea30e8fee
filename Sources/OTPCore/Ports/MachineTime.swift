/// What can be said of a machine's clock without another one.
public enum MachineTime {
    /// No clock before this can be right: 2026-01-01, the year of the first release. Codes of a
    /// clock are refused then, and backup codes still work.
    public static let earliest: UInt64 = 1_767_225_600
}
