import Foundation
import TestSupport
import Testing

/// Compares the section of docs/MIGRATING.md about logins with the tables of these tests.
@Suite("The page about what differs")
struct PageTests {
    /// Every reason for a difference in a table.
    private static let reasons =
        (GoogleCases.all + OathCases.all + YubicoCases.all + ServerCases.all + FaultCases.all)
        .flatMap(\.because)
        // What no single login can show is not in the tables.
        + [.atOnce, .killed, .fullDisk, .readOnly, .passwordBefore, .triesOnce, .debug]

    @Test("A difference in the tables has no row on the page, or a row is about something else")
    func rows() throws {
        let page = try Project.text("docs/MIGRATING.md")
        let start = try #require(page.range(of: "\n## Where logins behave differently\n"))
        let section = page[start.upperBound...].components(separatedBy: "\n## ")[0]
        let rows = section.split(separator: "\n").filter { $0.hasPrefix("|") }.dropFirst(2)
            .map { $0.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) } }
        #expect(rows.map { $0[0] } == Difference.allCases.map(\.rawValue))
        for row in rows { #expect(row.count == 3 && row.allSatisfy { !$0.isEmpty }, "\(row)") }
        #expect(Set(Self.reasons) == Set(Difference.allCases))
    }

    @Test("A case shares its name with another, or has more or fewer results than logins")
    func tables() {
        let cases =
            GoogleCases.all + OathCases.all + YubicoCases.all
            + ServerCases.all
            + FaultCases.all
        #expect(Set(cases.map(\.name)).count == cases.count)
        for one in cases {
            for module in Module.allCases {
                let ends = End.list(one.ends[module])
                #expect(ends.count == one.tries.count, "\(one.name), \(module)")
            }
        }
    }
}
