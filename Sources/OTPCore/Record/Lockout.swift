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
}

extension Throttle {
    /// The lock that holds longest; `nil` where everybody may try.
    public func lockout(at now: UInt64) -> Lockout? {
        let strangers = lockedUntil(at: now)
        let places = sources.map { source -> UInt64? in
            switch permission(at: now, from: source.id) {
            case .open: nil
            case .wait(let seconds): now &+ seconds
            case .closed: .max
            }
        }
        guard let until = (places + [strangers]).compactMap({ $0 }).max() else { return nil }
        if strangers == nil { return Lockout(until: until, reach: .knownPlaces) }
        return Lockout(until: until, reach: places.contains(nil) ? .strangers : .everybody)
    }

    /// When a code was last accepted, in Unix seconds; `nil` for never.
    public var lastLogin: UInt64? {
        sources.map(\.lastLogin).max().flatMap { $0 == 0 ? nil : $0 }
    }
}
