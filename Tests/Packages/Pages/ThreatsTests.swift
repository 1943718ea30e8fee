import Foundation
import TestSupport
import Testing

/// docs/THREATS.md names a test for each threat: it must exist.
@Suite("The page of threats")
struct ThreatsTests {
    @Test("A test that it names does not exist, or a hole has none")
    func named() throws {
        let page = try Project.text("docs/THREATS.md")
        let files = try Project.files(below: "Tests", ending: ".swift")
        for place in page.matches(of: #/`(\w+)\/([\w+]+)` (“[^”]*”(?:, “[^”]*”)*)/#) {
            let (target, name) = (place.output.1, place.output.2)
            let file = files.first {
                $0.hasPrefix("Tests/\(target)/") && $0.hasSuffix("/\(name).swift")
            }
            let source = try Project.text(try #require(file, "\(target)/\(name)"))
                .replacing("\\\"", with: "\"")
            for title in place.output.3.matches(of: #/“([^”]*)”/#).map(\.output.1) {
                let found = source.contains(title) || source.contains("func \(title)(")
                #expect(found, "\(target)/\(name): \(title)")
            }
        }
        for row in page.split(separator: "\n")
        where row.contains(#/^\| ([VT]-?\d\d)? ?\|/#) && !row.hasSuffix("| tested by |") {
            let last = row.dropLast(2).split(separator: "| ").last ?? ""
            #expect(last.contains("“") || last == "*no test yet*", "\(row)")
        }
    }
}
