import Foundation
import TestSupport
import Testing

/// sudo with a prompt of its own that replaces every question, like Ansible's become.
@Suite("sudo with a prompt of its own") struct SudoPromptTests {
    /// Where sudo gets it: from its caller, or from its settings.
    private static let ways = [["-p", "pw: "], []]
    private static let settings = "passprompt_override, passprompt=\"pw: \""

    /// The door, with sudo's settings changed if the caller does not set the prompt.
    private func door(_ fixture: LoginFixture, _ words: [String]) async throws -> SudoDoor {
        let door = try #require(try await fixture.door() as? SudoDoor)
        guard words.isEmpty else { return door }
        let file = "/etc/sudoers.d/\(fixture.person.name)"
        let rules =
            "Defaults:\(fixture.person.name) \(Self.settings)\n"
            + (try String(contentsOfFile: file, encoding: .utf8))
        try Data(rules.utf8).write(to: URL(fileURLWithPath: file + ".new"))
        #expect(chmod(file + ".new", 0o440) == 0 && rename(file + ".new", file) == 0)
        return door
    }

    private func terminal(
        _ door: SudoDoor, _ person: Person, _ words: [String]
    ) throws -> Terminal {
        try Terminal(
            door.policy.running(
                ["setpriv", "--reuid", person.name, "--regid", person.name, "--clear-groups"]
                    + ["sudo"] + words + ["sh", "-c", SSHDoor.proof]))
    }

    @Test(
        "Typing is shown at the code's question when sudo's own prompt replaces it",
        arguments: ways)
    func password(words: [String]) async throws {
        let sudo = try #require(LoginProgram.all(of: "sudo").first)
        let fixture = try await LoginFixture(sudo)
        let (phone, _) = try await fixture.enroll()
        let typed = fixture.person.password
        let door = try await door(fixture, words)
        let twice = try terminal(door, fixture.person, words)
        for _ in 1...2 {
            try await twice.expect("pw: ")
            try await twice.type(typed)
        }
        _ = try await twice.finish()
        let shown = await twice.transcript
        #expect(shown.contains(sudo.refusal) && !shown.contains(typed), "\(shown)")
        #expect(fixture.logged(fixture.person.name).last?.fields["reason"] == "malformed")

        // A prepared script gives the code at the second prompt.
        let code = try await phone.code()
        let good = try terminal(door, fixture.person, words)
        try await good.expect("pw: ")
        try await good.type(typed)
        try await good.expect("pw: ")
        try await good.type(code)
        try await good.expect("inside:root.")
        #expect(await !good.transcript.contains(code))
    }

    /// What `echo` does. Without this, the test above might be watching a terminal that shows
    /// nothing.
    @Test("With echo=yes, typing is hidden at sudo's question for a code")
    func echo() async throws {
        let sudo = try #require(LoginProgram.all(of: "sudo").first)
        let fixture = try await LoginFixture(sudo)
        _ = try await fixture.enroll()
        let door = try await fixture.door("echo=yes")
        let terminal = try await door.knock(fixture.person)
        try await terminal.expect(LoginFixture.Words.prompt)
        try await terminal.type("typed and seen")
        _ = try await terminal.finish()
        #expect(await terminal.transcript.contains("typed and seen"))
    }
}
