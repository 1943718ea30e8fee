import Foundation
import TestSupport
import Testing

/// sudo that asks for the target user's password: then the code is the target's as well.
@Suite("sudo that asks for the target's password") struct TargetTests {
    @Test(
        "With sudo's targetpw, the caller's code is accepted, or the target's is not",
        arguments: ["targetpw", "runaspw"])
    func codeOfTheTarget(setting: String) async throws {
        let sudo = try #require(LoginProgram.all(of: "sudo").first)
        let fixture = try await LoginFixture(sudo)
        let (phone, _) = try await fixture.enroll()
        let target = Person(try await Account.make("target"))
        let targetPhone = try await enroll(target, on: fixture)

        let door = try #require(try await fixture.door() as? SudoDoor)
        let file = "/etc/sudoers.d/\(fixture.person.name)"
        let defaults =
            setting == "targetpw" ? "targetpw" : "runaspw, runas_default=\(target.name)"
        let rules =
            "Defaults:\(fixture.person.name) \(defaults)\n"
            + (try String(contentsOfFile: file, encoding: .utf8))
        try Data(rules.utf8).write(to: URL(fileURLWithPath: file + ".new"))
        #expect(chmod(file + ".new", 0o440) == 0 && rename(file + ".new", file) == 0)

        // The caller's own code is not valid here, and is not burned.
        let own = try await phone.code()
        let refused = try await become(target, at: door, from: fixture.person, code: own)
        #expect(refused.contains(sudo.refusal) && !refused.contains("inside:"), "\(refused)")
        let code = try await targetPhone.code()
        let inside = try await become(target, at: door, from: fixture.person, code: code)
        #expect(inside.contains("inside:\(target.name)."), "\(inside)")

        let lines = fixture.logged(target.name)
        #expect(lines.compactMap { $0.fields["reason"] } == ["wrong"], "\(lines)")
        #expect(lines.last?.text.contains("login granted; factor=code") == true, "\(lines)")
        #expect(fixture.logged(fixture.person.name).isEmpty)
    }

    /// Enrolls another user in the fixture's store.
    private func enroll(_ person: Person, on fixture: LoginFixture) async throws -> Phone {
        struct Enrolled: Decodable { let uri: String }
        let output = try await fixture.command(
            "add", person.name, "--name", "phone", "--no-confirm", "--json")
        return try Phone(
            scanning: try JSONDecoder().decode(Enrolled.self, from: Data(output.utf8)).uri)
    }

    /// Runs sudo as one user to become another one, with password and code; returns what was shown.
    private func become(
        _ target: Person, at door: SudoDoor, from person: Person, code: String
    ) async throws -> String {
        let terminal = try Terminal(
            door.policy.running(
                [
                    "setpriv", "--reuid", person.name, "--regid", person.name, "--clear-groups",
                    "sudo", "-u", target.name, "sh", "-c", SSHDoor.proof,
                ]))
        try await terminal.expect("assword")
        try await terminal.type(target.password)
        try await terminal.expect(LoginFixture.Words.prompt)
        try await terminal.type(code)
        _ = try await terminal.finish()
        return await terminal.transcript
    }
}
