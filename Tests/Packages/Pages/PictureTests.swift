import Foundation
import TestSupport
import Testing

/// README's picture of an enrollment is what otp-enroll shows now.
@Suite("The picture in README")
struct PictureTests {
    /// The texts of a picture as docs/picture.py draws it, with KEY for the groups of the key.
    private func texts(_ picture: String) -> [String] {
        picture.matches(of: #/<text [^>]*>([^<]*)</text>/#).map { match in
            match.1.wholeMatch(of: #/([A-Z2-7]{4} ?)+/#) == nil ? String(match.1) : "KEY"
        }
    }

    @Test("It shows another program than that of today")
    func again() async throws {
        try Build.requireGround()
        let scratch = try Scratch()
        let file = scratch.file("enrollment.svg")
        try await Command.output([
            "python3", "-B", Project.path("docs/picture.py"), Build.products.path, file,
        ])
        let made = texts(try String(contentsOfFile: file, encoding: .utf8))
        #expect(made.contains("KEY") && made.contains("Account: alice"), "\(made)")
        #expect(made == texts(try Project.text("docs/enrollment.svg")), "run `make picture`")
        let link = try Project.text("README.md").firstMatch(of: #/!\[([^\]]+)\]\(([^)]+)\)/#)
        #expect(link?.2 == "docs/enrollment.svg" && link?.1.contains("QR code") == true)
        // Nobody keeps what was shown for a picture.
        #expect(try await Command.run(["id", "alice"]).status != 0)
    }
}
