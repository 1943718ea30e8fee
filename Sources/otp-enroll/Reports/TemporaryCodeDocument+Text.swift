import OTPCore
import OTPWire

// The state of a temporary code, in words.
extension TemporaryCodeDocument {
    /// The member of `status --json`.
    var json: JSON {
        .object([
            "issued": .time(issued), "expires": .time(expires),
            "used": used == 0 ? .null : .time(used),
        ])
    }

    /// The text for users.
    func text(at now: UInt64) -> String {
        let end =
            switch state {
            case .live:
                Phrase(
                    """
                    works once until \(Machine.localTime(expires)), for \
                    \(Words.duration(expires - min(now, expires)))
                    """)
            case .used: Phrase("used on \(Machine.localTime(used))")
            case .expired: Phrase("expired on \(Machine.localTime(expires))")
            case .beforeIssue: Phrase("not valid while this machine's clock is before its issue")
            }
        return (end + Phrase("(issued on \(Machine.localTime(issued)))")).text
    }
}
