/// Who may not try a code at the moment, and for how long.
public struct Lockout: Equatable, Sendable {
    /// Whom it keeps out.
    public enum Reach: String, Equatable, Sendable {
        /// Everybody.
        case everybody
        /// Who has not logged in from there before.
        case strangers
        /// One or more of the places that have.
        case knownPlaces
    }

    /// Until when, in Unix seconds; `.max` where only root can open it again.
    public let until: UInt64
    /// Whom it keeps out.
    public let reach: Reach
    /// Whether it is a hundred failures that do.
    public let isClosed: Bool
}

extension Throttle {
    /// When a code was last accepted, in Unix seconds; `nil` for never.
    public var lastLogin: UInt64? {
        sources.map(\.lastLogin).max().flatMap { $0 == 0 ? nil : $0 }
    }
}
