/// A calendar date and time in UTC, computed without the C library, which reads the environment for
/// local time; a login must not read it.
public struct CivilTime: Sendable {
    let year: UInt64
    let month: UInt64
    let day: UInt64
    let hour: UInt64
    let minute: UInt64
    let second: UInt64
    let weekday: Weekday

    enum Weekday: UInt64, Sendable {
        case sunday, monday, tuesday, wednesday, thursday, friday, saturday
    }

    /// The date and time `seconds` after 1970 began; years after 9999 count as 9999.
    public init(_ seconds: UInt64) {
        let seconds = min(seconds, 253_402_300_799)
        let days = seconds / 86_400
        hour = seconds % 86_400 / 3600
        minute = seconds % 3600 / 60
        second = seconds % 60
        weekday = Weekday(rawValue: (days + 4) % 7) ?? .sunday
        // Years that begin in March, in cycles of 400: leap days come last in each.
        let shifted = days + 719_468
        let dayOfCycle = shifted % 146_097
        let yearOfCycle =
            (dayOfCycle - dayOfCycle / 1460 + dayOfCycle / 36_524 - dayOfCycle / 146_096) / 365
        let dayOfYear = dayOfCycle - (365 * yearOfCycle + yearOfCycle / 4 - yearOfCycle / 100)
        let monthFromMarch = (5 * dayOfYear + 2) / 153
        day = dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
        month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
        year = shifted / 146_097 * 400 + yearOfCycle + (month <= 2 ? 1 : 0)
    }

    /// The start of the day written as `2026-11-21`; `nil` if no year from 1970 to 9999 has that
    /// day.
    public static func seconds(ofDate text: ArraySlice<UInt8>) -> UInt64? {
        let hyphen = UInt8(ascii: "-")
        guard text.count == 10, text.dropFirst(4).first == hyphen,
            text.dropFirst(7).first == hyphen,
            let year = number(text.prefix(4)), year >= 1970,
            let month = number(text.dropFirst(5).prefix(2)), (1...12).contains(month),
            let day = number(text.suffix(2)), (1...31).contains(day)
        else { return nil }
        // As above, in years that begin in March.
        let shifted = month <= 2 ? year - 1 : year
        let yearOfCycle = shifted % 400
        let dayOfYear = (153 * (month <= 2 ? month + 9 : month - 3) + 2) / 5 + day - 1
        let dayOfCycle = 365 * yearOfCycle + yearOfCycle / 4 - yearOfCycle / 100 + dayOfYear
        let seconds = (shifted / 400 * 146_097 + dayOfCycle - 719_468) * 86_400
        // A day that its month does not have turns into one of the next month.
        return CivilTime(seconds).day == day ? seconds : nil
    }

    /// `14:02`.
    public var timeOfDay: String { "\(CivilTime.twoDigits(hour)):\(CivilTime.twoDigits(minute))" }

    /// `2026-11-21`.
    public var date: String {
        "\(year)-\(CivilTime.twoDigits(month))-\(CivilTime.twoDigits(day))"
    }

    /// As in RFC 3339: `2026-11-21T14:02:30Z`.
    public var timestamp: String { "\(date)T\(timeOfDay):\(CivilTime.twoDigits(second))Z" }

    /// A number with nothing but digits, at most four.
    private static func number(_ text: ArraySlice<UInt8>) -> UInt64? {
        var value: UInt64 = 0
        for byte in text {
            guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) else { return nil }
            value = value &* 10 &+ UInt64(byte &- UInt8(ascii: "0"))
        }
        return value
    }

    private static func twoDigits(_ number: UInt64) -> String {
        number < 10 ? "0\(number)" : "\(number)"
    }
}
