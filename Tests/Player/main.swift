import Foundation
import TestSupport

// Plays the user in `make try`: TRY_SCRIPTED=1 runs this with the command that a user would see on
// the terminal. The camera is zbarimg, the phone is oathtool, and typing is real.

/// Says what the user does, between what the terminal shows.
func narrate(_ text: String) { print("\n    >>> \(text)\n") }

/// Prints the screen, without the empty lines at its end.
func show(_ text: String) {
    print(
        text.replacing(#/\s+$/#, with: "").split(separator: "\n", omittingEmptySubsequences: false)
            .map { "    | \($0)" }.joined(separator: "\n"))
}

/// All of it, from the first Return to the last.
func play(_ command: [String]) async throws {
    let log = try SystemLog.shared()
    let screen = try await Screen(command, columns: 80, rows: 24)
    do {
        let person = Person(screen: screen)
        let (phone, used, backupCodes) = try await person.enroll()
        try await person.logIn(phone, used, backupCodes)
    } catch {
        show(try await screen.history())
        throw error
    }
    guard try await screen.finish() == 0 else { throw Trouble("the play ended badly") }
    narrate("The whole terminal, but for the QR code, which was wiped off it:")
    show(try await screen.history())
    narrate("And the system log of these logins:")
    for line in log.lines(containing: "pam_swiftotp(") { print("    | \(line.text)") }
    await screen.close()
}

/// What the user does, step by step.
struct Person {
    let screen: Screen

    func enroll() async throws -> (phone: Phone, used: String, backupCodes: [String]) {
        try await screen.wait(for: "Press Return to go on")
        try await screen.type("")
        let phone = try await screen.phone()
        narrate("The screen shows this; zbarimg reads it off a picture of the screen:")
        show(try await screen.text())
        let code = try await phone.code()
        narrate("The phone has it now: \(phone.label). It shows \(code).")
        try await screen.type(code)
        let backupCodes = try await screen.backupCodes()
        narrate("Confirmed. The QR code is wiped, and the backup codes are there once:")
        show(try await screen.text())
        return (phone, code, backupCodes)
    }

    func logIn(_ phone: Phone, _ used: String, _ backupCodes: [String]) async throws {
        try await screen.wait(for: "Verification code")
        narrate("The code that confirmed is used up. Waiting for the next one.")
        let code = try await phone.code(after: used)
        try await attempt([(code, "You are in")])
        narrate("\(code) got in. Now the same code again, and then a backup code:")
        try await again([(code, "was already used"), (backupCodes[0], "You are in")])
        narrate("Now the same backup code again, and then another one:")
        try await again([(backupCodes[0], "was not accepted"), (backupCodes[1], "You are in")])
        try await screen.wait(for: "Press Return to log in again")
        try await screen.type("q")
    }

    /// Starts another ssh.
    private func again(_ answers: [(String, String)]) async throws {
        try await screen.wait(for: "Press Return to log in again")
        try await after("Verification code") { try await screen.type("") }
        try await attempt(answers)
    }

    /// Answers one ssh, with the last answer right, and logs out.
    private func attempt(_ answers: [(code: String, reply: String)]) async throws {
        for (code, reply) in answers {
            narrate("Types \(code).")
            try await after(reply) { try await screen.type(code) }
        }
        try await screen.type("exit")
    }

    /// Does something, and waits until the text appears once more than before.
    private func after(_ text: String, _ act: () async throws -> Void) async throws {
        func times() async throws -> Int { try await screen.history().ranges(of: text).count }
        let before = try await times()
        try await act()
        for _ in 0..<200 {
            if try await times() > before { return }
            try await Task.sleep(for: .milliseconds(100))
        }
        throw Trouble("“\(text)” did not come")
    }
}

do {
    try await play(Array(CommandLine.arguments.dropFirst()))
} catch {
    print("\ntry-player: \(error)")
    exit(1)
}
