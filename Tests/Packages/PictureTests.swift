import Foundation
import TestSupport
import Testing

/// README's picture of an enrollment is what otp-enroll shows now.
@Suite("The picture in README")
struct PictureTests {
    /// Texts without what is another one in each picture: the groups of the key.
    private func fixed(_ drawing: Drawing) -> [String] {
        drawing.texts.filter { $0.wholeMatch(of: #/([A-Z2-7]{4} ?)+/#) == nil }
    }

    /// The key beside the QR code, without spaces.
    private func key(_ drawing: Drawing) -> String {
        drawing.texts.filter { $0.wholeMatch(of: #/([A-Z2-7]{4} ?)+/#) != nil }.joined()
            .filter { $0 != " " }
    }

    @Test("The script makes it again: the same but for the key, and a phone can read both")
    func again() async throws {
        try Build.requireGround()
        let scratch = try Scratch()
        let file = scratch.file("enrollment.svg")
        try await Command.output([
            "python3", "-B", Project.folder.appendingPathComponent("docs/picture.py").path,
            Build.products.path, file,
        ])
        let made = try Drawing(String(contentsOfFile: file, encoding: .utf8))
        let kept = try Drawing(Project.text("docs/enrollment.svg"))
        #expect(fixed(made) == fixed(kept), "run `make picture`")
        #expect((made.width, made.height) == (kept.width, kept.height))
        for drawing in [made, kept] {
            let key = key(drawing)
            #expect(key.count == 32)
            #expect(
                try await drawing.scan() == "otpauth://totp/web1:alice?secret=\(key)&issuer=web1")
        }
        #expect(key(made) != key(kept))
        // The QR code's place, by its white margin above.
        let white: [UInt8] = [255, 255, 255]
        #expect(
            made.rectangles.first { $0.color == white }
                == kept.rectangles.first { $0.color == white })
        #expect(kept.texts.contains("Account: alice"))
        // Nobody keeps what was shown for a picture.
        #expect(try await Command.run(["id", "alice"]).status != 0)
    }

    @Test("README shows it, and says in words what is to be seen")
    func shown() throws {
        let readme = try Project.text("README.md")
        let link = try #require(readme.firstMatch(of: #/!\[([^\]]+)\]\(([^)]+)\)/#))
        #expect(link.2 == "docs/enrollment.svg" && link.1.contains("QR code"))
    }

    @Test("The script tells of a program that shows no QR code")
    func broken() async throws {
        try Build.requireGround()
        let scratch = try Scratch()
        let done = try await Command.run([
            "python3", "-B", Project.folder.appendingPathComponent("docs/picture.py").path,
            scratch.path, scratch.file("x.svg"),
        ])
        #expect(done.status == 1 && done.errors.contains("before the QR code came"))
        #expect(access(scratch.file("x.svg"), F_OK) != 0)
    }
}
