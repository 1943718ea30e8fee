import Foundation
import TestSupport
import Testing

/// Enrolling at an ssh login where something goes wrong: nothing is kept until a code was right.
@Suite struct EnrollTroubleTests {
    /// A login that has come to the question for the first code.
    private struct Asked {
        let terminal: Terminal
        let phone: Phone
    }

    private func ask(_ stage: Stage, _ door: SSHDoor) async throws -> Asked {
        let terminal = try await door.knock(stage.person)
        try await terminal.expect(Enrolling.question)
        let phone = try Enrolling.phone(of: stage.person, in: await terminal.transcript)
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

    @Test func brokenAtTheQuestion() async throws {
        let stage = try await Stage(LoginProgram.sshdByKey())
        let door = try await stage.remoteDoor("enroll=require")
        let asked = try await ask(stage, door)
        asked.terminal.child.signal(SIGKILL)
        _ = try await asked.terminal.finish()
        try await closed(door.server)
        #expect(try !stage.hasRecord())
        // The key of the first time is gone.
        let again = try await ask(stage, door)
        #expect(again.phone.secret != asked.phone.secret)
        try await again.terminal.type(try await asked.phone.code())
        try await again.terminal.expect(Enrolling.wrong)
        _ = try await again.terminal.enroll(try await again.phone.code(), welcome: stage.welcome)
    }

    @Test func brokenAtTheBackupCodes() async throws {
        let stage = try await Stage(LoginProgram.sshdByKey())
        let door = try await stage.remoteDoor("enroll=require")
        let asked = try await ask(stage, door)
        try await asked.terminal.type(try await asked.phone.lastCode())
        try await asked.terminal.expect(Enrolling.sheet)
        let codes = Enrolling.backupCodes(in: await asked.terminal.transcript)
        asked.terminal.child.signal(SIGKILL)
        _ = try await asked.terminal.finish()
        #expect(try stage.hasRecord())
        for (code, factor) in [
            (try await asked.phone.code(), "code"), (try #require(codes.last), "backup-code"),
        ] {
            let outcome = try await stage.login(door, code: code)
            #expect(outcome.asked && outcome.admitted, "\(outcome.transcript)")
            let line = try #require(stage.logged(stage.person.name).last)
            #expect(line.fields["factor"] == factor, "\(line)")
        }
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

    @Test(arguments: nonsense)
    func junk(answers: [String]) async throws {
        let stage = try await Stage(LoginProgram.sshdByKey())
        let door = try await stage.remoteDoor("enroll=require")
        let asked = try await ask(stage, door)
        for answer in answers.dropLast() {
            try await asked.terminal.type(answer)
            try await asked.terminal.expect(Enrolling.wrong)
            try await asked.terminal.expect(Enrolling.question)
        }
        try await asked.terminal.type(answers[2])
        try await asked.terminal.expect(Enrolling.must)
        #expect(try await asked.terminal.finish() == 255)
        #expect(try !stage.hasRecord())
        let line = try await stage.expectLine(
            "authentication failure", ["reason": "not-enrolled"], after: 0)
        #expect(line.text.utf8.count < 300, "\(line)")
    }

    /// However often somebody has the picture drawn anew, it ends.
    @Test func drawnAnewForEver() async throws {
        let stage = try await Stage(LoginProgram.sshdByKey())
        let asked = try await ask(stage, try await stage.remoteDoor("enroll=require"))
        for round in 1..<12 {
            try await asked.terminal.type(round.isMultiple(of: 2) ? "i" : "A")
            try await asked.terminal.expect(Enrolling.question)
        }
        try await asked.terminal.type("i")
        try await asked.terminal.expect(Enrolling.must)
        #expect(try !stage.hasRecord())
    }

    // MARK: Two at once

    @Test func twoSessionsAtOnce() async throws {
        let stage = try await Stage(LoginProgram.sshdByKey())
        let door = try await stage.remoteDoor("enroll=require")
        let first = try await ask(stage, door), second = try await ask(stage, door)
        #expect(first.phone.secret != second.phone.secret)
        let codes = try await first.terminal.enroll(
            try await first.phone.lastCode(), welcome: stage.welcome)
        #expect(codes.count == 10)
        try await second.terminal.type(try await second.phone.code())
        try await second.terminal.expect("Another session has enrolled you meanwhile.")
        #expect(try await second.terminal.finish() == 255)
        try await stage.expectLine(
            "authentication failure", ["reason": "enrolled-meanwhile"], after: 1)

        try await stage.expectRefused(
            door, code: try await second.phone.code(), reason: "wrong")
        try await stage.expectAdmitted(
            door, code: try await first.phone.code(), factor: "code")
    }

    /// Both type their code in the same moment.
    @Test func twoSessionsInTheSameMoment() async throws {
        let stage = try await Stage(LoginProgram.sshdByKey())
        let door = try await stage.remoteDoor("enroll=require")
        let sessions = [try await ask(stage, door), try await ask(stage, door)]
        try await sessions[0].phone.settle(for: 15)
        var codes: [String] = []
        for session in sessions { codes.append(try await session.phone.code(steps: -1)) }
        for (session, code) in zip(sessions, codes) { try await session.terminal.type(code) }
        var won: [Int] = []
        for (number, session) in sessions.enumerated() {
            let met = try await session.terminal.expectAny([
                Enrolling.sheet, "Another session has enrolled you meanwhile.",
            ])
            if met == 0 { won.append(number) }
        }
        try #require(won.count == 1)
        try await sessions[won[0]].terminal.type("")
        try await sessions[won[0]].terminal.expect(stage.welcome)
        let loser = sessions[1 - won[0]].phone, winner = sessions[won[0]].phone
        #expect(!(try await stage.login(door, code: try await loser.code())).admitted)
        #expect((try await stage.login(door, code: try await winner.code())).admitted)
    }
}
