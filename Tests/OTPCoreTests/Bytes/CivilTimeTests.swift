import Foundation
import TestSupport
import Testing

@testable import OTPCore

@Suite("Dates and times")
struct CivilTimeTests {
    private let calendar: Calendar = {
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = .gmt
        return calendar
    }()

    /// Compares the result with Foundation's.
    private func check(_ seconds: UInt64) {
        let date = Date(timeIntervalSince1970: TimeInterval(seconds))
        let expected = calendar.dateComponents(
            [.year, .month, .day, .hour, .minute, .weekday], from: date)
        let civil = CivilTime(seconds)
        let same =
            Int(civil.year) == expected.year && Int(civil.month) == expected.month
            && Int(civil.day) == expected.day && Int(civil.hour) == expected.hour
            && Int(civil.minute) == expected.minute
            && Int(civil.weekday.rawValue) + 1 == expected.weekday
        #expect(same, "\(seconds): \(civil) is not \(expected)")
    }

    @Test("Random times until the year 9999 differ from Foundation's")
    func random() {
        var generator = Seeded(1970)
        for _ in 0..<2000 { check(.random(in: 0...253_402_300_799, using: &generator)) }
        for _ in 0..<2000 { check(.random(in: 0...4_102_444_800, using: &generator)) }
    }

    @Test(
        "The last day of a year or of February gets another date",
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

    /// When the day of a written date begins.
    private func seconds(_ date: String) -> UInt64? {
        // Surrounded by other text, as in the parser.
        let text = ascii("x=" + date + "x")
        return CivilTime.seconds(ofDate: text[2..<text.count - 1])
    }

    @Test("A day until 2101, or one of some until 9999, does not begin at its date's time")
    func datesOfDays() {
        var generator = Seeded(2101)
        let days = (0..<47_900 as Range<UInt64>).map { $0 * 86_400 }
        let later = (0..<5000).map { _ in
            UInt64.random(in: 47_900...2_932_896, using: &generator) * 86_400
        }
        for midnight in days + later {
            let date = CivilTime(midnight + 3600).date
            let same = seconds(date) == midnight
            #expect(same, "\(date)")
        }
        #expect(CivilTime(47_900 * 86_400).date > "2100-12-31")
    }

    @Test("A day that its month does not have is accepted as a date")
    func noDays() {
        let lengths = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
        func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
        for year in 1970...2401 {
            let isLeap = year.isMultiple(of: 4) && !year.isMultiple(of: 100)
            let hasLeapDay = isLeap || year.isMultiple(of: 400)
            for (index, length) in lengths.enumerated() {
                let last = length + (hasLeapDay && index == 1 ? 1 : 0)
                let month = "\(year)-\(two(index + 1))-"
                let good = seconds(month + two(last)) != nil
                let bad = seconds(month + two(last + 1)) ?? seconds(month + "00")
                #expect(good && bad == nil, "\(month)")
            }
        }
    }

    @Test(
        "A text that is not a date from 1970 to 9999 is read as one",
        arguments: [
            "", "-", "--", "2026", "2026-11", "2026-11-", "2026-11-2", "2026-1-21", "26-11-21",
            "2026-02-29", "2027-04-31", "2100-02-29", "2026-13-01", "2026-00-01", "2026-11-00",
            "2026-99-99", "1969-12-31", "0000-01-01", "10000-01-01", "2026-11-211", "2026-11-21 ",
            " 2026-11-21", "2026- 1-21", "2026/11/21", "2026-1121x", "+026-11-21", "2026--1-21",
            "2026-1a-21", "21-11-2026", "2026-11-21T00", "２０26-11-21", "2026-11-2\u{0}",
            "2026\u{2d}11\u{2010}21", "----------", "1795219200",
        ])
    func noDates(_ text: String) {
        #expect(seconds(text) == nil)
    }

    @Test(
        "A time is not written with two digits each",
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
        #expect(
            civil.date == date && civil.timeOfDay == time && "\(civil.weekday)" == day.lowercased())
    }

    @Test(
        "A time for scripts is not as in RFC 3339",
        arguments: [
            (0, "1970-01-01T00:00:00Z"), (951_782_400 + 3661, "2000-02-29T01:01:01Z"),
            (253_402_300_799, "9999-12-31T23:59:59Z"), (.max, "9999-12-31T23:59:59Z"),
        ] as [(UInt64, String)])
    func timestamps(_ seconds: UInt64, _ text: String) {
        #expect(CivilTime(seconds).timestamp == text)
    }

    @Test("A time is not named by its weekday for six days, and by its date after that")
    func moments() {
        let then: UInt64 = 1_799_762_520
        #expect(UserText.moment(then, now: then).english == "Tuesday 14:02 UTC")
        #expect(UserText.moment(then, now: then + 6 * 86_400 - 1).english == "Tuesday 14:02 UTC")
        #expect(UserText.moment(then, now: then + 6 * 86_400).english == "2027-01-12 14:02 UTC")
        #expect(UserText.moment(then, now: then - 1).english == "2027-01-12 14:02 UTC")
        #expect(UserText.moment(0, now: .max).english == "1970-01-01 00:00 UTC")
        #expect(UserText.moment(.max, now: 0).english == "9999-12-31 23:59 UTC")
    }
}
