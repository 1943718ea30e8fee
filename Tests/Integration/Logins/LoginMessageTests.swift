import Foundation
import TestSupport
import Testing

/// What somebody reads at a login: short, and only when there is something to say.
@Suite("What is read at a login") struct LoginMessageTests {
    /// All there is to say after a while, on the screen of ssh; and the next time what changed
    /// is told once more.
    @Test("ssh does not show what happened since the last login, or shows failures twice")
    func whatHappenedMeanwhile() async throws {
        let fixture = try await LoginFixture(LoginProgram.sshdByKey())
        let (phone, backupCodes) = try await fixture.enroll()
        let door = try await fixture.remoteDoor("")
        for _ in 0..<2 {
            try await fixture.expectRefused(
                door, code: try await phone.wrongCode(), reason: "wrong")
        }
        _ = try await fixture.issue()
        for (name, code) in [
            ("news", backupCodes[7]), ("no-news", try await nearCode(of: phone)),
        ] {
            let screen = try await door.screen(fixture.person, columns: 120)
            try await screen.wait(for: String(LoginFixture.Words.prompt.dropLast()))
            try await screen.type(code)
            let shown = try await screen.wait(for: fixture.welcome)
            try ExpectedScreen.compare(shown, with: name, of: fixture.person)
        }
    }

    /// A code that can be typed in a moment, without a word about the clock.
    private func nearCode(of phone: Phone) async throws -> String {
        try await phone.settle()
        return try await phone.code()
    }
}
