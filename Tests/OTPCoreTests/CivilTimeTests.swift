import Foundation
import Testing

@testable import OTPCore

@Suite("Times of the calendar")
struct CivilTimeTests {
    private let calendar: Calendar = {
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = .gmt
        return calendar
    }()

    /// Compares with Foundation.
    private func check(_ seconds: UInt64) {
        let date = Date(timeIntervalSince1970: TimeInterval(seconds))
        let expected = calendar.dateComponents(
            [.year, .month, .day, .hour, .minute, .weekday], from: date)
        let civil = CivilTime(seconds)
        let same =
            Int(civil.year) == expected.year && Int(civil.month) == expected.month
            && Int(civil.day) == expected.day && Int(civil.hour) == expected.hour
            && Int(civil.minute) == expected.minute && civil.weekday + 1 == expected.weekday
        #expect(same, "\(seconds): \(civil) is not \(expected)")
    }

    @Test("Random moments until the year 9999 are those of Foundation")
    func random() {
        var generator = Seeded(1970)
        for _ in 0..<2000 { check(.random(in: 0...253_402_300_799, using: &generator)) }
        for _ in 0..<2000 { check(.random(in: 0...4_102_444_800, using: &generator)) }
    }

    @Test(
        "The ends of years and of Februaries",
        arguments: [1970, 1972, 1999, 2000, 2001, 2026, 2028, 2099, 2100, 2101, 2400, 9999])
    func edges(_ year: Int) throws {
        for (month, day) in [(1, 1), (2, 28), (3, 1), (12, 31)] {
            let parts = DateComponents(year: year, month: month, day: day)
            let midnight = try #require(calendar.date(from: parts)).timeIntervalSince1970
            for seconds in [-1, 0, 59, 60, 86_399, 86_400, 86_459] as [Double] {
                let moment = midnight + seconds
                if (0...253_402_300_799).contains(moment) { check(UInt64(moment)) }
            }
        }
    }

    @Test("Days and times of day through four centuries")
    func days() {
        var seconds: UInt64 = 946_684_799
        for _ in 0..<146_100 / 7 {
            check(seconds)
            seconds += 7 * 86_400 + 86_400 / 7
        }
    }

    @Test(
        "Written with two digits",
        arguments: [
            (0, "1970-01-01", "00:00", "Thursday"), (951_782_400, "2000-02-29", "00:00", "Tuesday"),
            (noon, "2027-01-15", "08:00", "Friday"),
            (4_107_542_399, "2100-02-28", "23:59", "Sunday"),
            (253_402_300_799, "9999-12-31", "23:59", "Friday"),
            (253_402_300_800, "9999-12-31", "23:59", "Friday"),
            (.max, "9999-12-31", "23:59", "Friday"),
        ] as [(UInt64, String, String, String)])
    func texts(_ seconds: UInt64, _ date: String, _ time: String, _ day: String) {
        let civil = CivilTime(seconds)
        #expect(civil.date == date && civil.timeOfDay == time && civil.dayName == day)
    }

    @Test("Each day has its name")
    func dayNames() {
        let names = (0..<7 as Range<UInt64>).map { CivilTime($0 * 86_400).dayName }
        #expect(
            names == [
                "Thursday", "Friday", "Saturday", "Sunday", "Monday", "Tuesday", "Wednesday",
            ])
    }

    @Test("A moment has a day's name for six days, then a date, and a date in the future")
    func moments() {
        let then: UInt64 = 1_799_762_520
        #expect(UserText.moment(then, now: then) == "Tuesday 14:02 UTC")
        #expect(UserText.moment(then, now: then + 6 * 86_400 - 1) == "Tuesday 14:02 UTC")
        #expect(UserText.moment(then, now: then + 6 * 86_400) == "2027-01-12 14:02 UTC")
        #expect(UserText.moment(then, now: then - 1) == "2027-01-12 14:02 UTC")
        #expect(UserText.moment(0, now: .max) == "1970-01-01 00:00 UTC")
        #expect(UserText.moment(.max, now: 0) == "9999-12-31 23:59 UTC")
    }
}
