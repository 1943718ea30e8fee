import OTPCore
import OTPWire

// What keeps tries from being made, in words.
extension LockDocument {
    /// How long it holds on, for a table.
    func short(at now: UInt64) -> String {
        isClosed ? "closed" : until.map { UserText.duration($0 - min(now, $0)) } ?? "closed"
    }

    /// A lock for strangers alone keeps nobody out who comes from a usual place.
    var ink: Ink { reach == .strangers ? .caution : .bad }

    /// What it means for `user`, in a clause.
    func text(user: String, at now: UInt64) -> String {
        if isClosed { return closed(user: user, at: now) }
        let end = until ?? .max
        let time =
            "locked until \(Machine.localTime(end)), for \(UserText.duration(end - min(now, end)))"
        switch reach {
        case .everybody: return time
        case .strangers: return "\(time), but not where \(user) has logged in before"
        case .knownPlaces: return "\(time), at a place where \(user) has logged in before"
        }
    }

    private func closed(user: String, at now: UInt64) -> String {
        let end = until.map { "\(Machine.localTime($0)), or until " } ?? ""
        let keys = reach == .strangers ? ", and SSH keys that have logged in before," : ""
        return "closed until \(end)root unlocks it (`otp-enroll unlock \(user)`); "
            + "backup and temporary codes\(keys) still work"
    }

    /// `until` as `--json` writes it: one that only root can open again holds until the end of
    /// the years that RFC 3339 can write.
    var json: JSON { .time(min(until ?? .max, 253_402_300_799)) }
}
