import OTPCore

/// When a line of a log was written, as far as the log says that: many leave out the year and the
/// time zone.
public struct LogTime: Equatable, Sendable {
    /// In Unix seconds, if a time without a zone is one of UTC.
    public let time: UInt64
    /// In Unix seconds, in whatever zone it is. Where the log has the zone, it is the same.
    public let latest: UInt64

    /// How far clocks are ahead of UTC at most, and behind it, in seconds.
    private static let farthest: (ahead: UInt64, behind: UInt64) = (14 * 3600, 12 * 3600)
    private static let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ].map { Array($0.utf8) }
    /// How many years back a line without a year is looked for: so often there is a February 29.
    private static let years: UInt64 = 8

    /// Reads the time at the beginning of a line, and the blank behind it; `nil`, with nothing
    /// read, if it is in neither of these forms:
    ///
    ///     2026-11-30T08:15:00.123456+01:00    rsyslog, journalctl -o short-iso
    ///     Nov 30 08:15:00                     syslog, journalctl
    ///
    /// `now`, in Unix seconds, says of which year it can be.
    init?(_ cursor: inout LogCursor, now: UInt64) {
        var ahead = cursor
        var found = LogTime.dated(&ahead)
        if found == nil {
            ahead = cursor
            found = LogTime.yearless(&ahead, now)
        }
        guard let time = found, ahead.take(LogCursor.blank) else { return nil }
        cursor = ahead
        self = time
    }

    private init(exactly time: UInt64) { (self.time, latest) = (time, time) }

    /// A time of an unknown zone.
    private init(local time: UInt64) {
        (self.time, latest) = (time, time &+ LogTime.farthest.behind)
    }

    // No time overflows: years have four digits.

    /// A date, and a time, perhaps with a zone.
    private static func dated(_ cursor: inout LogCursor) -> LogTime? {
        guard let day = CivilTime.seconds(ofDate: cursor.rest.prefix(10)) else { return nil }
        cursor.skip(10)
        guard cursor.take(UInt8(ascii: "T")) || cursor.take(LogCursor.blank),
            let seconds = timeOfDay(&cursor)
        else { return nil }
        let time = day &+ seconds
        if cursor.take(UInt8(ascii: "Z")) { return LogTime(exactly: time) }
        let isWest = cursor.take(UInt8(ascii: "-"))
        guard isWest || cursor.take(UInt8(ascii: "+")) else { return LogTime(local: time) }
        guard let hours = cursor.number(2), hours <= 14 else { return nil }
        _ = cursor.take(UInt8(ascii: ":"))
        guard let minutes = cursor.number(2), minutes < 60 else { return nil }
        let offset = hours &* 3600 &+ minutes &* 60
        return LogTime(exactly: isWest ? time &+ offset : time - min(time, offset))
    }

    /// A month, a day and a time: the last one that is not in the future.
    private static func yearless(_ cursor: inout LogCursor, _ now: UInt64) -> LogTime? {
        let name = cursor.rest.prefix(3)
        guard let month = months.firstIndex(where: { name.elementsEqual($0) }) else { return nil }
        cursor.skip(3)
        guard cursor.take(LogCursor.blank),
            let day = cursor.take(LogCursor.blank) ? cursor.number(1) : cursor.number(2),
            cursor.take(LogCursor.blank), let seconds = timeOfDay(&cursor)
        else { return nil }
        // A clock may be off by a day, and then it may be another year there.
        let soon = now &+ 86_400
        guard let year = UInt64(CivilTime(soon).date.prefix(4)), year > 1970 + years else {
            return nil
        }
        for back in 0...years + 1 {
            let date = "\(year + 1 - back)-\(twoDigits(month + 1))-\(twoDigits(Int(day)))"
            guard let start = CivilTime.seconds(ofDate: Array(date.utf8)[...]) else { continue }
            let time = start &+ seconds
            if time <= soon &+ farthest.ahead { return LogTime(local: time) }
        }
        return nil
    }

    /// `08:15:00`, perhaps with a fraction, in seconds since the day began.
    private static func timeOfDay(_ cursor: inout LogCursor) -> UInt64? {
        let colon = UInt8(ascii: ":")
        guard let hours = cursor.number(2), hours < 24, cursor.take(colon),
            let minutes = cursor.number(2), minutes < 60, cursor.take(colon),
            let seconds = cursor.number(2), seconds <= 60
        else { return nil }
        if cursor.take(UInt8(ascii: ".")) || cursor.take(UInt8(ascii: ",")) {
            cursor.skip(while: LogCursor.isDigit)
        }
        return hours &* 3600 &+ minutes &* 60 &+ seconds
    }

    private static func twoDigits(_ number: Int) -> String {
        number < 10 ? "0\(number)" : "\(number)"
    }
}
