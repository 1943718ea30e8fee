import Foundation
import TestSupport
import Testing

/// What users read at a login: short, and only if there is something to say.
@Suite("What is read at a login") struct LoginMessageTests {
    /// Everything there is to say after a while, on the screen of ssh; the next time only changes
    /// are repeated.
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

    /// A code that is valid now or in a moment, without a message about the clock.
    private func nearCode(of phone: Phone) async throws -> String {
        try await phone.settle()
        return try await phone.code()
    }
}
