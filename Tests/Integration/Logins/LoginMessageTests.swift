import Foundation
import TestSupport
import Testing

/// What somebody reads at a login: short, and only when there is something to say.
@Suite("What is read at a login") struct LoginMessageTests {
    /// The next step's code in the first half of a step, and the last one's in the second half: the
    /// code, which way the phone's clock is off then, and by how much at a time of the same step.
    private func farCode(
        of phone: Phone
    ) async throws -> (code: String, way: String, skew: (_ elapsed: Int) -> Int) {
        while true {
            let elapsed = Self.elapsed
            // Away from the middle and the ends, so that there is time for the login.
            if elapsed < 5 { return (try await phone.code(steps: 1), "ahead", { 30 - $0 }) }
            if (16...18).contains(elapsed) {
                return (try await phone.code(steps: -1), "behind", { $0 })
            }
            try await Task.sleep(for: .milliseconds(200))
        }
    }

    /// How much of the current step is over, in seconds.
    private static var elapsed: Int { Int(Date().timeIntervalSince1970) % 30 }

    @Test(
        "A phone's clock that is off is not told, or told wrong",
        arguments: LoginProgram.all.filter { ["sudo", "su"].contains($0.service) })
    func aClockThatIsOff(program: LoginProgram) async throws {
        let fixture = try await LoginFixture(program)
        let (phone, backupCodes) = try await fixture.enroll()
        let door = try await fixture.door()
        let first = try await fixture.expectAdmitted(
            door, code: backupCodes[0], factor: "backup-code")
        #expect(!first.transcript.contains("clock"), "\(first.transcript)")
        let terminal = try await door.knock(fixture.person)
        try await terminal.expect(LoginFixture.Words.prompt)
        let (code, way, skew) = try await farCode(of: phone)
        let typed = Self.elapsed
        try await terminal.type(code)
        try await terminal.expect(fixture.welcome)
        let welcomed = Self.elapsed
        let shown = await terminal.transcript
        let sentence =
            #/The clock of "phone" is (\d+) s (ahead|behind)\. Set it right, or codes fail\./#
        let found = shown.firstMatch(of: sentence)
        guard program.letsModulesSpeak else {
            #expect(found == nil && !shown.contains("clock"), "\(shown)")
            return
        }
        let said = try #require(found, "\(shown)")
        try #require(typed <= welcomed, "the login took until the next step")
        let seconds = (typed...welcomed).map(skew)
        #expect(said.output.2 == way && seconds.contains(Int(said.output.1) ?? -1), "\(shown)")
    }

    /// All there is to say after a while, on the screen of ssh; and the next time nothing.
    @Test("What happened meanwhile is not told, or told twice, on the screen of ssh")
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
