import Foundation
import TestSupport
import Testing

/// `enroll`: users without an authenticator get one at a login, on the screen of a real ssh.
@Suite("Enrolling on the screen of ssh") struct EnrollAtLoginTests {
    /// A login at the question for the first code, on a screen.
    private struct Shown {
        let fixture: LoginFixture
        let door: SSHDoor
        let screen: Screen
    }

    private func show(
        _ options: String, columns: Int = 80, rows: Int = 24, locale: String = "C.UTF-8",
        host: String? = nil
    ) async throws -> Shown {
        let fixture = try await LoginFixture(LoginProgram.sshdByKey())
        let naming = host.map {
            ["unshare", "--uts", "sh", "-c", #"hostname "$0" && exec "$@""#, $0]
        }
        let door = try await fixture.remoteDoor(options, around: naming ?? [])
        let screen = try await door.screen(
            fixture.person, columns: columns, rows: rows, locale: locale)
        try await screen.wait(for: Enrolling.question)
        return Shown(fixture: fixture, door: door, screen: screen)
    }

    /// Enrolls with the phone, checks the backup codes, and returns them.
    private func finish(_ shown: Shown, _ phone: Phone, _ code: String) async throws -> [String] {
        try await shown.screen.type(code)
        let codes = try await shown.screen.backupCodes()
        try await shown.screen.press("Enter")
        try await shown.screen.wait(for: shown.fixture.welcome)
        #expect(try await shown.screen.finish() == 0)
        try await shown.fixture.expectLine(
            "login granted", ["factor": "enrollment", "enrolled": "\"phone\""], after: 0)
        #expect(shown.fixture.log.lines(containing: phone.secret).isEmpty, "the key is in the log")
        for code in codes { #expect(shown.fixture.log.lines(containing: code).isEmpty) }
        return codes
    }

    @Test(
        "The QR code on ssh's screen cannot be scanned, or enrolls nobody",
        arguments: [(80, 24, "web1"), (80, 24, "bastion-17.ams.example.com"), (120, 50, "web1")])
    func qrCodeOnTheScreen(columns: Int, rows: Int, host: String) async throws {
        let shown = try await show(
            "enroll=require", columns: columns, rows: rows, host: host)
        let text = try await shown.screen.text()
        let uri = try #require(try await shown.screen.scan(), "no QR code to be read:\n\(text)")
        let phone = try Phone(scanning: uri)
        #expect(try Enrolling.key(in: text) == phone.secret)
        #expect(phone.label == "\(host):\(shown.fixture.person.name)")
        #expect(text.contains(Enrolling.question), "\(text)")
        if rows > 24 {
            try ExpectedScreen.compare(text, with: "enroll", of: shown.fixture.person)
        }

        try await phone.settle()
        let code = try await phone.code()
        let backupCodes = try await finish(shown, phone, code)
        if rows > 24 {
            try ExpectedScreen.compare(
                try await shown.screen.text(), with: "enrolled", of: shown.fixture.person)
        }
        let door = shown.door
        try await shown.fixture.expectAdmitted(
            door, code: try await phone.code(steps: 1), factor: "code")
        try await shown.fixture.expectAdmitted(door, code: backupCodes[0], factor: "backup-code")
        try await shown.fixture.expectAdmitted(door, code: backupCodes[9], factor: "backup-code")
    }

    // MARK: Optional and required

    @Test("Enter does not decline an offer")
    func offerCanBeDeclined() async throws {
        let shown = try await show("enroll=offer", columns: 80, rows: 40)
        let text = try await shown.screen.text()
        try await shown.screen.press("Enter")
        let end = try await shown.screen.wait(for: shown.fixture.welcome)
        #expect(text.contains("Enter: later"))
        try ExpectedScreen.compare(end, with: "declined", of: shown.fixture.person)
        #expect(try await shown.screen.finish() == 0)
        #expect(try !shown.fixture.hasRecord())
        try await shown.fixture.expectLine(
            "not asked", ["reason": "enrolling-put-off"], after: 0)
    }

    @Test("Enter skips a required enrollment")
    func requireRefusesEnter() async throws {
        let shown = try await show("enroll=require", columns: 80, rows: 40)
        #expect(try await !shown.screen.text().contains("later"))
        try await shown.screen.press("Enter")
        let end = try await shown.screen.wait(for: "Permission denied")
        try ExpectedScreen.compare(end, with: "refused", of: shown.fixture.person)
        #expect(try await shown.screen.finish() == 255)
        #expect(try !shown.fixture.hasRecord())
        try await shown.fixture.expectLine(
            "authentication failure", ["reason": "not-enrolled"], after: 0)
    }
}
