import Foundation
import TestSupport
import Testing

@Suite("Return codes through libpam (docs/RESULTS.md)")
struct ReturnCodes {
    static let rows =
        answers + recoveries + stores + policies + networks + entries + trusts + securityKeys
        + passes + foreign
        + foreignEntries

    /// Rows that declare who asks, and one in eight of the others: the result of a login does not
    /// depend on who has started the service.
    private static let own = rows.enumerated().filter {
        $0.element.doors == .one || $0.offset.isMultiple(of: 8)
    }.map(\.element)

    @Test("without a running service, a row ends differently from docs/RESULTS.md", arguments: own)
    func ownService(_ row: Row) async throws { try await row.run(row) }

    @Test(
        "with swiftotpd running, a row ends differently from docs/RESULTS.md",
        arguments: rows.filter { $0.doors == .both })
    func resident(_ row: Row) async throws {
        let door = ServiceAccess.resident(try await Service.shared().socket)
        try await ServiceAccess.$current.withValue(door) { try await row.run(row) }
    }

    @Test("docs/RESULTS.md has a row without a test, or a test has no row")
    func document() throws {
        let text = try Project.text("docs/RESULTS.md")
        let documented = text.split(separator: "\n").compactMap { line -> String? in
            let cells = line.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
            guard line.hasPrefix("|"), cells.count >= 2, cells[1].hasPrefix("`PAM_") else {
                return nil
            }
            return "\(cells[0]) \(cells[1].filter { $0 != "`" })"
        }
        let tested = Self.rows.map {
            "\($0.name) \($0.code == Stack.ignored ? "PAM_IGNORE" : $0.code)"
        }
        #expect(documented == tested)
    }
}
