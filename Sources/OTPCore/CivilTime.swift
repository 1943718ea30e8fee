/// A moment of the calendar in UTC, reckoned without the C library: what that takes for local
/// time comes from the environment, which a login must not read.
struct CivilTime {
    let year: UInt64
    let month: UInt64
    let day: UInt64
    let hour: UInt64
    let minute: UInt64
    /// 0 for Sunday.
    let weekday: Int

    /// The moment of `seconds` since 1970; years after 9999 count as 9999.
    init(_ seconds: UInt64) {
        let seconds = min(seconds, 253_402_300_799)
        let days = seconds / 86_400
        hour = seconds % 86_400 / 3600
        minute = seconds % 3600 / 60
        weekday = Int((days + 4) % 7)
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

    /// `14:02`.
    var timeOfDay: String { "\(CivilTime.twoDigits(hour)):\(CivilTime.twoDigits(minute))" }

    /// `2026-11-21`.
    var date: String {
        "\(year)-\(CivilTime.twoDigits(month))-\(CivilTime.twoDigits(day))"
    }

    /// `Tuesday`.
    var dayName: String {
        switch weekday {
        case 0: "Sunday"
        case 1: "Monday"
        case 2: "Tuesday"
        case 3: "Wednesday"
        case 4: "Thursday"
        case 5: "Friday"
        default: "Saturday"
        }
    }

    private static func twoDigits(_ number: UInt64) -> String {
        number < 10 ? "0\(number)" : "\(number)"
    }
}
