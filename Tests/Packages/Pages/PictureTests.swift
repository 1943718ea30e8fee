import Foundation
import TestSupport
import Testing

/// README's pictures of an enrollment and a login match what the programs show.
@Suite("The pictures in README")
struct PictureTests {
    /// The texts of a picture as drawn by docs/picture.py, with KEY for the groups of the key, and
    /// CODE for a code.
    private func texts(_ picture: String) -> [String] {
        picture.matches(of: #/<text [^>]*>([^<]*)</text>/#).map { match in
            match.1.wholeMatch(of: #/([A-Z2-7]{4} ?)+/#) == nil
                ? String(match.1).replacing(#/[0-9]{6}/#, with: "CODE") : "KEY"
        }
    }

    @Test(
        "A picture shows an older version of the program",
        arguments: [
            ("enrollment", ["KEY", "Account: alice"], "QR code"),
            ("login", ["(alice@web1) Verification code: CODE", "web1:~$"], "verification code"),
        ])
    func again(name: String, shown: [String], said: String) async throws {
        try Build.requireGround()
        let scratch = try Scratch()
        let file = scratch.file("\(name).svg")
        try await Command.output([
            "/usr/bin/python3", "-B", Project.path("docs/picture.py"), Build.products.path, name,
            file,
        ])
        let made = texts(try String(contentsOfFile: file, encoding: .utf8))
        #expect(Set(shown).isSubset(of: made), "\(made)")
        #expect(made == texts(try Project.text("docs/\(name).svg")), "run `make picture`")
        let links = try Project.text("README.md").matches(of: #/!\[([^\]]+)\]\(([^)]+)\)/#)
        let link = try #require(links.first { $0.2 == "docs/\(name).svg" })
        #expect(link.1.contains(said))
        // The pictures' user is gone afterwards.
        #expect(try await Command.run(["id", "alice"]).status != 0)
    }
}
