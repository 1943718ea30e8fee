/// The name of a fleet or of a host: 1 to 63 bytes of `a` to `z`, `0` to `9`, `.` and `-`. It is
/// written into certificates, the audit and the log as it is.
public struct FleetName: Hashable, Sendable, CustomStringConvertible {
    /// The name.
    public let text: String

    /// `nil` unless `text` is a name.
    public init?(_ text: some StringProtocol) {
        guard (1...63).contains(text.utf8.count), text.utf8.allSatisfy(FleetName.isAllowed) else {
            return nil
        }
        self.text = String(text)
    }

    /// The name.
    public var description: String { text }

    /// What a name is made of, in words.
    public static let rule = "a name is 1 to 63 of a-z, 0-9, \".\" and \"-\""

    private static func isAllowed(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
            UInt8(ascii: "."), UInt8(ascii: "-"):
            true
        default: false
        }
    }
}
