import OTPCore
import OTPWire

// What prevents tries, in words.
extension LockDocument {
    /// How long it lasts, for a table.
    func short(at now: UInt64) -> String {
        isClosed ? "closed" : until.map { UserText.duration($0 - min(now, $0)) } ?? "closed"
    }

    /// A lock for strangers only keeps nobody out who comes from a usual place.
    var ink: Ink { reach == .strangers ? .caution : .bad }

    /// What it means for `user`, in a clause.
    func text(user: String, at now: UInt64) -> String {
        if isClosed { return closed(user: user, at: now) }
        let end = until ?? .max
        let (time, span) = (Machine.localTime(end), UserText.span(end - min(now, end)))
        let phrase =
            switch reach {
            case .everybody: Phrase("locked until \(time), for \(span)")
            case .strangers:
                Phrase(
                    "locked until \(time), for \(span), but not where \(user) has logged in before")
            case .knownPlaces:
                Phrase(
                    "locked until \(time), for \(span), at a place where \(user) has logged in before"
                )
            }
        return phrase.text
    }

    private func closed(user: String, at now: UInt64) -> String {
        let end =
            until.map {
                Phrase(
                    """
                    closed until \(Machine.localTime($0)), or until an administrator unlocks it \
                    (`otp-enroll unlock \(user)`);
                    """)
            } ?? Phrase("closed until an administrator unlocks it (`otp-enroll unlock \(user)`);")
        let rest =
            reach == .strangers
            ? Phrase(
                """
                backup and temporary codes, and SSH keys that have logged in before, still work
                """)
            : Phrase("backup and temporary codes still work")
        return (end + rest).text
    }

    /// `until` for `--json`: one that somebody has to open again lasts until the last year in RFC
    /// 3339.
    var json: JSON { .time(min(until ?? .max, 253_402_300_799)) }
}
