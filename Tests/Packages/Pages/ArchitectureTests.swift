import Foundation
import TestSupport
import Testing

/// docs/ARCHITECTURE.md and CONTRIBUTING.md, which direct readers to files.
@Suite("The pages for readers of the code")
struct ArchitectureTests {
    @Test(
        "A page names a file that does not exist",
        arguments: ["docs/ARCHITECTURE.md", "CONTRIBUTING.md"])
    func files(page: String) throws {
        let text = try Project.text(page)
        let paths = text.matches(of: #/`((?:Sources|Tests|docs|packaging)/[^` *]+)`/#)
        try #require(paths.count > 3)
        for path in paths.map({ String($0.1) }) {
            #expect(
                FileManager.default.fileExists(atPath: Project.path(path)), "\(page): \(path)")
        }
    }

    @Test("A folder of the sources has no row on the page, or one of OTPCore is not named")
    func folders() throws {
        let text = try Project.text("docs/ARCHITECTURE.md")
        // Those with a C are headers.
        let folders = try FileManager.default.contentsOfDirectory(atPath: Project.path("Sources"))
            .filter { !$0.hasPrefix("C") }
        for folder in folders { #expect(text.contains("| `Sources/\(folder)` |"), "\(folder)") }
        let core = Project.path("Sources/OTPCore")
        for folder in try FileManager.default.contentsOfDirectory(atPath: core) {
            #expect(text.contains("`\(folder)`"), "OTPCore/\(folder)")
        }
    }
}
