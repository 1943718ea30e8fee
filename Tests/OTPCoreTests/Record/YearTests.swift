import TestSupport
import Testing

@testable import OTPCore

@Suite("A year of guessing")
struct YearTests {
    private func year(_ stranger: Year.Stranger, _ owner: Year.Owner) -> Year {
        var year = Year(stranger, owner)
        year.run()
        #expect(year.logins == 1460)
        return year
    }

    @Test("A stranger alone makes a login by key or by backup code fail")
    func keysAndBackupCodes() {
        for stranger in Year.Stranger.allCases {
            for owner in [.key, .backup] as [Year.Owner] {
                #expect(year(stranger, owner).refused == 0, "\(stranger), \(owner)")
            }
        }
    }

    @Test("More than a hundred guesses from elsewhere, plus one a day, are verified")
    func budget() {
        for owner in Year.Owner.allCases {
            for stranger in [.one, .nine, .many] as [Year.Stranger] {
                let year = year(stranger, owner)
                #expect(year.guesses == 100 && year.closedOn ?? 365 <= 1, "\(stranger), \(owner)")
            }
            #expect(year(.patient, owner).guesses <= 100 + 365)
        }
    }

    @Test("An owner is locked out by mistyping alone within ten years")
    func mistyping() {
        for owner in Year.Owner.allCases {
            var year = Year(.none, owner)
            for _ in 0..<10 { year.run() }
            #expect(year.refused == 0 && year.closedOn == nil)
        }
    }

    @Test("docs/THREATS.md differs from the simulation")
    func page() throws {
        let page = try Project.text("docs/THREATS.md")
        let table = Year.table()
        for line in table { #expect(page.contains(line), "\(line)") }
    }
}
