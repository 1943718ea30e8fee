import Foundation
import TestSupport
import Testing

/// The story of a lost phone, from the first login to the new phone, through sshd.
@Suite struct LostPhoneTests {
    @Test(arguments: LoginProgram.all(of: "sshd"))
    func lostPhone(program: LoginProgram) async throws {
        let stage = try await Stage(program)
        let story = Story(stage)
        let name = stage.person.name
        var door = try #require(try await stage.door() as? SSHDoor)
        // A command, since a shell has the machine's words of the day.
        door.command = SSHDoor.proof

        story.begin("The user enrolls at the terminal, with a phone.")
        let (old, first, _) = try await enroll(stage, story, "add", name)
        story.begin("The user logs in with the next code.")
        let second = try await old.code(after: first)
        var told = try await story.login(door, code: second)
        #expect(told.contains("The authenticator \"phone\" was added on "), "\(told)")

        story.begin("The phone is lost. The admin issues a temporary code.")
        let temporary = try await stage.issueInWords(story)
        story.begin("The user logs in with it.")
        told = try await story.login(door, code: temporary)
        #expect(told.contains("A temporary code was issued on "), "\(told)")
        #expect(told.contains("Run `otp-enroll` to enroll your new device."), "\(told)")

        story.begin("The user enrolls the new phone in place of the old one.")
        let (new, confirmed, sheet) = try await enroll(
            stage, story, "add", name, "--name", "phone")
        #expect(sheet.contains("Delete its old entry in the app."), "\(sheet)")
        #expect(old.secret != new.secret)

        story.begin("Whoever found the old phone is refused, and so is the temporary code.")
        let fresh = try await old.code(after: second)
        try await story.refusal(door, code: fresh, reason: "wrong")
        try await story.refusal(door, code: temporary, reason: "used-temporary-code")
        story.begin("The new phone logs in, and the user reads what happened meanwhile.")
        told = try await story.login(door, code: try await new.code(after: confirmed))
        #expect(told.contains("2 failed codes since "), "\(told)")
        #expect(told.contains(", last from 127.0.0.1."), "\(told)")
        #expect(told.contains("The authenticator \"phone\" was added on "), "\(told)")
        #expect(!told.contains("A temporary code was issued"), "told twice: \(told)")

        story.begin("What the admin sees.")
        let status = try await stage.command("status", name)
        story.show("# otp-enroll status \(name)\n" + status)
        try await story.closeLog()
        try story.write(program.password ? "password" : "key")
    }

    /// Enrolls at the terminal; the phone, the code that confirmed, and what is left on the
    /// screen.
    private func enroll(
        _ stage: Stage, _ story: Story, _ words: String...
    ) async throws -> (Phone, String, String) {
        let screen = try await Screen(stage.words(words))
        let phone = try await screen.phone()
        try await phone.settle()
        let code = try await phone.code()
        try await screen.type(code)
        #expect(try await screen.finish() == 0)
        let sheet = try await screen.text()
        await screen.close()
        story.show("# otp-enroll " + words.joined(separator: " "))
        story.show("[the QR code is read by zbarimg, and the code \(code) typed]\n" + sheet)
        return (phone, code, sheet)
    }
}

extension Stage {
    /// Issues a temporary code as an admin reads it off the terminal.
    fileprivate func issueInWords(_ story: Story) async throws -> String {
        let said = try await command("issue", person.name)
        story.show("# otp-enroll issue \(person.name)\n" + said)
        let code = #/T[0-9A-Z]{3}-[0-9A-Z]{4}-[0-9A-Z]{4}/#
        return String(try #require(said.firstMatch(of: code)).output)
    }
}

/// What was done, shown and logged, for a person to read. With SWIFTOTP_STORY=PREFIX it is
/// written to PREFIX-key.txt and PREFIX-password.txt.
private final class Story {
    private let stage: Stage
    private var lines: [String] = []
    private var logged = 0

    init(_ stage: Stage) { self.stage = stage }

    func begin(_ title: String) {
        showLog()
        lines += ["", "--- " + title]
    }

    /// Keeps what a screen showed, without its blank lines and the test's own store.
    func show(_ text: String) {
        let store = " --store " + stage.scratch.file("store")
        for line in text.split(whereSeparator: \.isNewline) {
            let line = line.replacing(store, with: "")
            if line.contains(where: { !$0.isWhitespace }) { lines.append(String(line)) }
        }
    }

    /// Logs in, and gives what was shown.
    func login(_ door: any Door, code: String) async throws -> String {
        let factor = code.hasPrefix("T") ? "temporary-code" : "code"
        let outcome = try await stage.expectAdmitted(door, code: code, factor: factor)
        show("$ \(ssh)\n" + outcome.transcript)
        return outcome.transcript
    }

    private var ssh: String { "ssh \(stage.person.name)@127.0.0.1 '\(SSHDoor.proof)'" }

    /// Logs in, and expects to be sent away.
    func refusal(_ door: any Door, code: String, reason: String) async throws {
        let before = stage.logged(stage.person.name).count
        let outcome = try await stage.login(door, code: code)
        #expect(outcome.asked && !outcome.admitted, "\(outcome.transcript)")
        #expect(outcome.transcript.contains(Stage.Words.refused), "\(outcome.transcript)")
        try await stage.expectLogged(
            "authentication failure", ["reason": reason], after: before, code: code)
        show("$ \(ssh)\n" + outcome.transcript)
    }

    /// Waits for the last line of the log, and checks that every step has left one.
    func closeLog() async throws {
        let wanted = [
            "authenticator added; name=\"phone\"", "login granted; factor=code",
            "temporary code issued;", "login granted; factor=temporary-code",
            "authenticator added; name=\"phone\"", "authentication failure; reason=wrong",
            "authentication failure; reason=used-temporary-code", "login granted; factor=code",
        ]
        #expect(log.count == wanted.count, "\(log)")
        for (line, wish) in zip(log, wanted) { #expect(line.contains(wish)) }
        showLog()
    }

    /// Our lines of the system's log about the person, without times and names of processes.
    private var log: [String] {
        let lines = stage.log.lines.filter { $0.fields["user"] == stage.person.name }
        return lines.map(\.text).compactMap { line in
            for mark in ["pam_swiftotp(", "otp-enroll["] {
                if let found = line.firstRange(of: mark) {
                    return String(line[found.lowerBound...])
                }
            }
            return nil
        }
    }

    private func showLog() {
        let log = log
        for line in log.dropFirst(logged) { lines.append("log: " + line) }
        logged = log.count
    }

    func write(_ ending: String) throws {
        guard let prefix = ProcessInfo.processInfo.environment["SWIFTOTP_STORY"] else { return }
        let text = lines.dropFirst().joined(separator: "\n") + "\n"
        try Data(text.utf8).write(to: URL(fileURLWithPath: "\(prefix)-\(ending).txt"))
    }
}
