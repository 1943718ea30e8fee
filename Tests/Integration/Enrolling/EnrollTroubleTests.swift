import Foundation
import TestSupport
import Testing

/// Enrolling at an ssh login where something goes wrong: nothing is kept until a code was right.
@Suite("Enrolling at an ssh login, with trouble") struct EnrollTroubleTests {
    /// A login that has come to the question for the first code.
    private struct Asked {
        let terminal: Terminal
        let phone: Phone
    }

    private func ask(_ fixture: LoginFixture, _ door: SSHDoor) async throws -> Asked {
        let terminal = try await door.knock(fixture.person)
        try await terminal.expect(Enrolling.question)
        let phone = try Enrolling.phone(of: fixture.person, in: await terminal.transcript)
        try await phone.settle()
        return Asked(terminal: terminal, phone: phone)
    }

    // MARK: Connections that break

    /// Waits until sshd says that somebody has gone.
    private func closed(_ server: SSHServer) async throws {
        for _ in 0..<600 {
            if await server.said.contains("Connection closed by authenticating user") { return }
            try await Task.sleep(for: .milliseconds(100))
        }
        throw Trouble("sshd has not noticed: \(await server.said)")
    }

    @Test("A connection that breaks at the first code leaves a key or a record behind")
    func brokenAtTheQuestion() async throws {
        let fixture = try await LoginFixture(LoginProgram.sshdByKey())
        let door = try await fixture.remoteDoor("enroll=require")
        let asked = try await ask(fixture, door)
        asked.terminal.child.signal(SIGKILL)
        _ = try await asked.terminal.finish()
        try await closed(door.server)
        #expect(try !fixture.hasRecord())
        // The key of the first time is gone.
        let again = try await ask(fixture, door)
        #expect(again.phone.secret != asked.phone.secret)
        try await again.terminal.type(try await asked.phone.code())
        try await again.terminal.expect(Enrolling.wrong)
        _ = try await again.terminal.enroll(try await again.phone.code(), welcome: fixture.welcome)
    }

    // MARK: Answers that are none

    private static let nonsense: [[String]] = [
        // A password, what has two letters to draw anew, and what is no number in ASCII.
        ["correct horse battery staple", "ia", "\u{0661}\u{0662}\u{0663}\u{0664}\u{0665}\u{0666}"],
        // Control characters, and orders for the server's own terminal.
        ["\u{1}\u{2}\u{5}\u{1d}", "\u{1b}]0;owned\u{7}\u{1b}[2J", "\u{1b}[31m123456"],
        // ssh cuts what is longer than 1023 bytes, a terminal what is longer than 4095.
        [
            String(repeating: "7", count: 1023), String(repeating: "%n", count: 2000),
            String(repeating: "1", count: 100_000),
        ],
    ]

    @Test(
        "Nonsense at the question for the first code enrolls, or floods the log",
        arguments: nonsense)
    func junk(answers: [String]) async throws {
        let fixture = try await LoginFixture(LoginProgram.sshdByKey())
        let door = try await fixture.remoteDoor("enroll=require")
        let asked = try await ask(fixture, door)
        for answer in answers.dropLast() {
            try await asked.terminal.type(answer)
            try await asked.terminal.expect(Enrolling.wrong)
            try await asked.terminal.expect(Enrolling.question)
        }
        try await asked.terminal.type(answers[2])
        try await asked.terminal.expect(Enrolling.must)
        #expect(try await asked.terminal.finish() == 255)
        #expect(try !fixture.hasRecord())
        let line = try await fixture.expectLine(
            "authentication failure", ["reason": "not-enrolled"], after: 0)
        #expect(line.text.utf8.count < 300, "\(line)")
    }
}
