import Foundation
import TestSupport
import Testing

/// The section of docs/MIGRATING.md about logins against the tables of these tests.
@Suite("The page about what differs")
struct PageTests {
    /// Everything that is a reason to differ in a table.
    private static let reasons =
        (GoogleCases.all + OathCases.all + YubicoCases.all + ServerCases.all + FaultCases.all)
        .flatMap(\.because) + Mode.all.flatMap(\.because) + Act.all.flatMap(\.because)
        // What a login prints is in no table: see ``ComplianceProof/debug()``.
        + [.debug]

    @Test("Each difference of the tables has its row there, and no row is about anything else")
    func rows() throws {
        let path = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appendingPathComponent("../../docs/MIGRATING.md")
        let page = try String(contentsOf: path, encoding: .utf8)
        let start = try #require(page.range(of: "\n## Where logins behave otherwise\n"))
        let section = page[start.upperBound...].components(separatedBy: "\n## ")[0]
        let rows = section.split(separator: "\n").filter { $0.hasPrefix("|") }.dropFirst(2)
            .map { $0.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) } }
        #expect(rows.map { $0[0] } == Difference.allCases.map(\.rawValue))
        for row in rows { #expect(row.count == 3 && row.allSatisfy { !$0.isEmpty }, "\(row)") }
        #expect(Set(Self.reasons) == Set(Difference.allCases))
    }

    @Test("A case has a name of its own, and as many ends as logins")
    func tables() {
        let cases =
            GoogleCases.all + [GoogleCases.alone] + OathCases.all + YubicoCases.all
            + ServerCases.all
            + FaultCases.all
        #expect(Set(cases.map(\.name)).count == cases.count)
        for one in cases {
            for module in Module.allCases {
                let ends = End.list(one.ends[module], Mode.Manner())
                #expect(ends.count == one.tries.count, "\(one.name), \(module)")
            }
        }
    }
}
