import Foundation
import TestSupport
import Testing

/// docs/THREATS.md names a test for each hole: it has to be there.
@Suite("The page of threats")
struct ThreatsTests {
    private static let page = Packaging.root.appendingPathComponent("docs/THREATS.md")

    @Test("Every test that it names is in the file that it names")
    func named() throws {
        let text = try String(contentsOf: Self.page, encoding: .utf8)
        var files = Set<String>(), count = 0
        for place in text.matches(of: #/`(\w+/\w+)` (“[^”]*”(?:, “[^”]*”)*)/#) {
            let name = String(place.output.1)
            let file = Packaging.root.appendingPathComponent("Tests/\(name).swift")
            let source = try String(contentsOf: file, encoding: .utf8)
                .replacing("\\\"", with: "\"")
            files.insert(name)
            for title in place.output.2.matches(of: #/“([^”]*)”/#).map(\.output.1) {
                let found = source.contains(title) || source.contains("func \(title)(")
                #expect(found, "\(name): \(title)")
                count += 1
            }
        }
        #expect(files.count > 30 && count > 120, "\(files.count) files, \(count) tests")
    }

    @Test("Every row says what holds it, or that nothing does")
    func rows() throws {
        let text = try String(contentsOf: Self.page, encoding: .utf8)
        let rows = text.split(separator: "\n")
            .filter { $0.hasPrefix("| ") && !$0.hasPrefix("| |") || $0.hasPrefix("| | ") }
            .filter { !$0.hasSuffix("| held by |") }
        #expect(rows.count > 90, "\(rows.count)")
        for row in rows {
            let last = row.dropLast(2).split(separator: "| ").last ?? ""
            #expect(last.contains("“") || last == "*no test yet*", "\(row)")
        }
        // Each number once.
        let numbers = text.matches(of: #/\n\| ([VT]-?\d\d) \|/#).map(\.output.1)
        #expect(numbers.count == 90 && Set(numbers).count == 90, "\(numbers.count)")
    }
}
