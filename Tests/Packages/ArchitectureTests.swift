import Foundation
import TestSupport
import Testing

/// docs/ARCHITECTURE.md, and CONTRIBUTING.md, which send a reader to files.
@Suite("The pages for whoever reads the code")
struct ArchitectureTests {
    @Test(
        "A page sends its reader to a file that is not there",
        arguments: ["docs/ARCHITECTURE.md", "CONTRIBUTING.md"])
    func files(page: String) throws {
        let text = try SourceTree.text(page)
        let paths = text.matches(of: #/`((?:Sources|Tests|docs|packaging)/[^` *]+)`/#)
        try #require(paths.count > 3)
        for path in paths.map({ String($0.1) }) {
            let file = Packaging.root.appendingPathComponent(path).path
            #expect(FileManager.default.fileExists(atPath: file), "\(page): \(path)")
        }
    }

    @Test("A folder of the sources has no row in the page, or a folder of OTPCore is not named")
    func folders() throws {
        let text = try SourceTree.text("docs/ARCHITECTURE.md")
        let sources = Packaging.root.appendingPathComponent("Sources")
        // Those with a C are headers.
        let folders = try FileManager.default.contentsOfDirectory(atPath: sources.path)
            .filter { !$0.hasPrefix("C") }
        for folder in folders { #expect(text.contains("| `Sources/\(folder)` |"), "\(folder)") }
        let core = sources.appendingPathComponent("OTPCore").path
        for folder in try FileManager.default.contentsOfDirectory(atPath: core) {
            #expect(text.contains("`\(folder)`"), "OTPCore/\(folder)")
        }
    }
}
