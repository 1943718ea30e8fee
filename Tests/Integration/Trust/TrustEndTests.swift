import Foundation
import TestSupport
import Testing

/// How the trust in an SSH key ends, and what it does not extend to.
@Suite("The end of the trust in a key") struct TrustEndTests {
    /// A user whose key is trusted as "laptop".
    private func trusting() async throws -> TrustingUser {
        let user = try await TrustingUser("trust=key")
        _ = try await user.trust(
            user.key, saying: "y laptop", code: try await user.phone.lastCode())
        try await user.expectTrusted(user.key, named: "laptop")
        return user
    }

    /// Thirty days from the first day, however often the key was used since.
    @Test("A key is trusted for more than thirty days, or longer because the clock was set back")
    func itEndsAndDoesNotSlide() async throws {
        let user = try await trusting()
        for (days, isTrusted) in [("+29d", true), ("+31d", false)] {
            let door = try await user.fixture.remoteDoor(
                "trust=key", around: ["faketime", "-f", days])
            try user.admit(user.key, at: door)
            if isTrusted {
                try await user.expectTrusted(user.key, named: "laptop", at: door)
            } else {
                try await user.expectAsked(user.key, at: door)
            }
        }
        // Nor is a clock believed that was set back since then.
        try await user.expectAsked(user.key)
    }

    /// sudo in a session opened with a trusted key, whatever the environment contains there.
    @Test("sudo in a session opened by a trusted key skips the code")
    func notForSudoInside() async throws {
        let user = try await trusting()
        let fixture = user.fixture
        let policy = try fixture.program.policy(try fixture.module("trust=key"))
        try policy.add("auth required \(try fixture.module("trust=key"))", toService: "sudo")
        _ = try SudoDoor(policy: policy, person: fixture.person)
        let server = try await SSHServer(
            methods: "publickey,keyboard-interactive:pam", policy: policy)
        var door = try SSHDoor(server: server, key: true, person: fixture.person)
        try user.admit(user.key, at: door)
        let key = try String(contentsOfFile: user.key + ".pub", encoding: .utf8)
            .trimmingCharacters(in: .whitespacesAndNewlines)
        door.command = "SSH_AUTH_INFO_0='publickey \(key)' sudo sh -c '\(SSHDoor.proof)'"
        let terminal = try Terminal(
            SSHClient.words(
                fixture.person.name, on: server, identity: user.key, command: door.command,
                options: ["-t"]))
        try await terminal.expect("assword for \(fixture.person.name)")
        try await terminal.type(fixture.person.password)
        try await terminal.expect(LoginFixture.Words.prompt)
        try await terminal.type(try await user.phone.code())
        #expect(try await terminal.expectAny(["inside:root.", TrustingUser.offer]) == 0)
    }
}
