/// Who may not try a code now, and for how long.
public struct Lockout: Equatable, Sendable {
    /// Whom it locks out.
    public enum Reach: String, Equatable, Sendable {
        /// Everybody.
        case everybody
        /// Logins from places that have not logged in before.
        case strangers
        /// One or more of the places that have.
        case knownPlaces
    }

    /// Until when, in Unix seconds; `.max` if somebody has to open it again.
    public let until: UInt64
    /// Whom it locks out.
    public let reach: Reach
    /// Whether a hundred failures caused it.
    public let isClosed: Bool
}

extension Throttle {
    /// When a code was last accepted, in Unix seconds; `nil` for never.
    public var lastLogin: UInt64? {
        sources.map(\.lastLogin).max().flatMap { $0 == 0 ? nil : $0 }
    }
}
