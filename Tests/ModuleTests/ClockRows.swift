import Foundation
import TestSupport
import Testing

/// What is expected of logins when the clock jumps, cell by cell.
///
/// The clock stands at 2027-01-15 08:00:00 UTC, jumps to where the row says, and is right again
/// after that. What the columns are is said where each table is used (`ClockProof`).
enum ClockRows {
    /// The jumps that `make test` makes.
    private static let short: Set<String> = [
        "before 1970", "1970", "an hour back", "a minute on", "an hour on", "a year on", "2^31",
        "2^32",
    ]

    /// Goes through a table: `body` gives what each of a row's logins ended in.
    static func check(
        _ what: String, _ table: String,
        _ body: @escaping @Sendable (_ there: Moment) async throws -> [String]
    ) async throws {
        let rows = table.split(separator: "\n").map { line in
            line.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
        }
        #expect(rows.map { $0[0] }.sorted() == Moment.jumps.keys.sorted())
        let chosen = rows.filter { Proof.isLong || short.contains($0[0]) }
        try await withThrowingTaskGroup { group in
            for row in chosen {
                let there = try #require(Moment.jumps[row[0]])
                group.addTask {
                    let cells = try await body(there)
                    #expect(cells == Array(row.dropFirst()), "\(what), \(row[0])")
                }
            }
            try await group.waitForAll()
        }
        let count = chosen.count * (chosen[0].count - 1)
        try Proof.tell(
            "Clocks that jump", what,
            "\(chosen.count) jumps, \(count) outcomes, each as written down before")
    }

    static let logins = """
        before 1970    | unavailable          | in               | in | in      | in
        1970           | clock-before-release | in               | in | in      | in
        2025, its end  | clock-before-release | in               | in | in      | in
        2026           | in                   | in               | in | in      | in
        a year back    | in                   | in               | in | in      | in
        an hour back   | in                   | in               | in | in      | in
        a minute back  | in                   | in               | in | in      | in
        ten seconds on | in                   | replayed         | in | in      | in
        a minute on    | in                   | clock-moved-back | in | refused | in
        an hour on     | in                   | clock-moved-back | in | refused | in
        a year on      | in                   | clock-moved-back | in | in      | in
        2^31 - 2       | in                   | clock-moved-back | in | in      | in
        2^31 - 1       | in                   | clock-moved-back | in | in      | in
        2^31           | in                   | clock-moved-back | in | in      | in
        2^32 - 2       | in                   | clock-moved-back | in | in      | in
        2^32 - 1       | in                   | clock-moved-back | in | in      | in
        2^32           | in                   | clock-moved-back | in | in      | in
        2262           | in                   | clock-moved-back | in | in      | in
        9999           | in                   | clock-moved-back | in | in      | in
        """

    static let replays = """
        before 1970    | in | unavailable          | replayed | in
        1970           | in | clock-before-release | replayed | in
        2025, its end  | in | clock-before-release | replayed | in
        2026           | in | clock-moved-back     | replayed | in
        a year back    | in | clock-moved-back     | replayed | in
        an hour back   | in | clock-moved-back     | replayed | in
        a minute back  | in | clock-moved-back     | replayed | in
        ten seconds on | in | replayed             | replayed | in
        a minute on    | in | outside-window       | replayed | in
        an hour on     | in | wrong                | replayed | in
        a year on      | in | wrong                | replayed | in
        2^31 - 2       | in | wrong                | replayed | in
        2^31 - 1       | in | wrong                | replayed | in
        2^31           | in | wrong                | replayed | in
        2^32 - 2       | in | wrong                | replayed | in
        2^32 - 1       | in | wrong                | replayed | in
        2^32           | in | wrong                | replayed | in
        2262           | in | wrong                | replayed | in
        9999           | in | wrong                | replayed | in
        """

    static let waits = """
        before 1970    | unavailable   | in | unavailable    | in | unavailable | closed | in
        1970           | throttled 30s | in | throttled 900s | in | closed      | closed | in
        2025, its end  | throttled 30s | in | throttled 900s | in | closed      | closed | in
        2026           | throttled 30s | in | throttled 900s | in | closed      | closed | in
        a year back    | throttled 30s | in | throttled 900s | in | closed      | closed | in
        an hour back   | throttled 30s | in | throttled 900s | in | closed      | closed | in
        a minute back  | throttled 30s | in | throttled 900s | in | closed      | closed | in
        ten seconds on | throttled 20s | in | throttled 890s | in | closed      | closed | in
        a minute on    | in            | in | throttled 840s | in | closed      | closed | in
        an hour on     | in            | in | in             | in | closed      | closed | in
        a year on      | in            | in | in             | in | closed      | closed | in
        2^31 - 2       | in            | in | in             | in | closed      | closed | in
        2^31 - 1       | in            | in | in             | in | closed      | closed | in
        2^31           | in            | in | in             | in | closed      | closed | in
        2^32 - 2       | in            | in | in             | in | closed      | closed | in
        2^32 - 1       | in            | in | in             | in | closed      | closed | in
        2^32           | in            | in | in             | in | closed      | closed | in
        2262           | in            | in | in             | in | closed      | closed | in
        9999           | in            | in | in             | in | closed      | closed | in
        """

    static let laterWaits = """
        before 1970    | unavailable          | in            | in
        1970           | clock-before-release | in            | in
        2025, its end  | clock-before-release | in            | in
        2026           | wrong                | in            | in
        a year back    | wrong                | in            | in
        an hour back   | wrong                | in            | in
        a minute back  | wrong                | in            | in
        ten seconds on | wrong                | throttled 30s | in
        a minute on    | wrong                | throttled 30s | in
        an hour on     | wrong                | throttled 30s | in
        a year on      | wrong                | throttled 30s | in
        2^31 - 2       | wrong                | throttled 30s | in
        2^31 - 1       | wrong                | throttled 30s | in
        2^31           | wrong                | throttled 30s | in
        2^32 - 2       | wrong                | throttled 30s | in
        2^32 - 1       | wrong                | throttled 30s | in
        2^32           | wrong                | throttled 30s | in
        2262           | wrong                | throttled 30s | in
        9999           | wrong                | throttled 30s | in
        """

    static let recoveries = """
        before 1970    | unavailable | in   | unavailable          | in   | unavailable | in
        1970           | in          | used | clock-before-release | in   | in          | used
        2025, its end  | in          | used | clock-before-release | in   | in          | used
        2026           | in          | used | clock-before-release | in   | in          | used
        a year back    | in          | used | clock-before-release | in   | in          | used
        an hour back   | in          | used | clock-before-release | in   | in          | used
        a minute back  | in          | used | in                   | used | in          | used
        ten seconds on | in          | used | in                   | used | in          | used
        a minute on    | in          | used | in                   | used | in          | used
        an hour on     | in          | used | in                   | used | in          | used
        a year on      | expired     | in   | expired              | in   | in          | used
        2^31 - 2       | expired     | in   | expired              | in   | in          | used
        2^31 - 1       | expired     | in   | expired              | in   | in          | used
        2^31           | expired     | in   | expired              | in   | in          | used
        2^32 - 2       | expired     | in   | expired              | in   | in          | used
        2^32 - 1       | expired     | in   | expired              | in   | in          | used
        2^32           | expired     | in   | expired              | in   | in          | used
        2262           | expired     | in   | expired              | in   | in          | used
        9999           | expired     | in   | expired              | in   | in          | used
        """
}
