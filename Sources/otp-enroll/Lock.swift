import OTPCore

/// Who may not try a code at the moment, and for how long.
struct Lock {
    /// Whom it keeps out.
    enum Reach: Equatable {
        /// Everybody.
        case everybody
        /// Who has not logged in from there before.
        case strangers
        /// One or more of the places that have.
        case knownPlaces
    }

    /// Until when, in Unix seconds; `.max` where only root can open it again.
    let until: UInt64
    /// Whom it keeps out.
    let reach: Reach

    /// The lock that holds longest; `nil` where everybody may try.
    init?(_ throttle: Throttle, at now: UInt64) {
        let strangers = throttle.lockedUntil(at: now)
        let places = throttle.sources.map { source -> UInt64? in
            switch throttle.permission(at: now, from: source.id) {
            case .open: nil
            case .wait(let seconds): now &+ seconds
            case .closed: .max
            }
        }
        guard let until = (places + [strangers]).compactMap({ $0 }).max() else { return nil }
        self.until = until
        if strangers == nil {
            reach = .knownPlaces
        } else {
            reach = places.contains(nil) ? .strangers : .everybody
        }
    }

    /// How long it holds on, for a table.
    func short(at now: UInt64) -> String {
        until == .max ? "closed" : UserText.duration(until - min(now, until))
    }

    /// What it means for `user`, in a clause.
    func text(user: String, at now: UInt64) -> String {
        let time =
            until == .max
            ? "closed until root unlocks it (`otp-enroll unlock \(user)`)"
            : "locked until \(Machine.localTime(until)), for \(short(at: now))"
        switch reach {
        case .everybody: return time
        case .strangers: return "\(time), but not where \(user) has logged in before"
        case .knownPlaces: return "\(time), at a place where \(user) has logged in before"
        }
    }

    /// `until` as `--json` writes it: one that only root can open again holds until the end of
    /// the years that RFC 3339 can write.
    var json: JSON { .time(min(until, 253_402_300_799)) }
}
