/// Something that a host decided while no server was reached, told to a server later.
public struct OfflineUse: Codable, Equatable, Sendable {
    /// The user's name; empty for something that is about the ledger.
    public var user: String
    public var kind: Kind
    /// The answer's number; for a key, 0.
    public var number: UInt64
    /// By the host's clock, in Unix seconds.
    public var time: UInt64
    /// The PAM service and the address.
    public var origin: String

    public enum Kind: String, Codable, Sendable {
        /// An answer let the user in.
        case answer
        /// A recent SSH key did.
        case recentKey = "recent-key"
        /// 20 wrong answers have closed the way.
        case closed
        /// An admin has opened a ledger that went back; numbers begin above the highest one.
        case reopened
    }

    public init(user: String, kind: Kind, number: UInt64, time: UInt64, origin: String) {
        (self.user, self.kind, self.number) = (user, kind, number)
        (self.time, self.origin) = (time, origin)
    }

    /// The most that are told at once.
    public static let most = 100
}
