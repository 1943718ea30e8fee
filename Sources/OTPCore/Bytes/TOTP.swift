/// Time-based one-time passwords (RFC 6238): HOTP of the number of periods since 1970.
public enum TOTP {
    /// How long a step may be, in seconds. NIST SP 800-63B-4, 3.1.4.1 allows at most two minutes.
    public static let periodRange: ClosedRange<UInt16> = 15...120

    /// The step that contains `time` (Unix seconds); a period of 0 counts as 30 s.
    public static func step(at time: UInt64, period: UInt16) -> UInt64 {
        time / UInt64(period == 0 ? 30 : period)
    }
}
