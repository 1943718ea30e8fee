import Foundation
import TestSupport
import Testing

/// Enrolling at an ssh login with trouble: nothing is stored until a code was right.
@Suite("Enrolling at an ssh login, with trouble") struct EnrollTroubleTests {
    /// A login at the question for the first code.
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

    /// Waits until sshd reports that the client has gone.
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
        // The first key is gone.
        let again = try await ask(fixture, door)
        #expect(again.phone.secret != asked.phone.secret)
        try await again.terminal.type(try await asked.phone.code())
        try await again.terminal.expect(Enrolling.wrong)
        _ = try await again.terminal.enroll(try await again.phone.code(), welcome: fixture.welcome)
    }
}
