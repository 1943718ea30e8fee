import Foundation
import TestSupport
import Testing

/// docs/RECIPES.md: sudo without a terminal.
@Suite("Recipes: sudo in scripts") struct SudoRecipeTests {
    @Test("sudo -S accepts no code from its input, or the line for sudo applies to sudo -i")
    func standardInput() async throws {
        let sudo = try #require(LoginProgram.all(of: "sudo").first)
        let fixture = try await LoginFixture(sudo)
        let code = try await fixture.enroll().backupCodes[0]
        let door = try #require(try await fixture.door() as? SudoDoor)
        let command = try RecipePage.block("sudo in scripts", after: "own input")[0]

        func run(_ command: String, code: String = "") async throws -> Command {
            let name = fixture.person.name
            return try await Command.run(
                door.policy.running(
                    ["setpriv", "--reuid", name, "--regid", name, "--clear-groups"]
                        + ["sh", "-c", command]),
                environment: ["password": fixture.person.password, "code": code])
        }
        #expect(try await run(command, code: code).output == "root\n")
        let again = try await run(command, code: code)
        #expect(again.status == 1 && again.output.isEmpty, "\(again.errors)")
        #expect(fixture.logged(fixture.person.name).last?.fields["reason"] == "used-backup-code")
        // The reason why README and the manual name both files.
        let login = command.replacing("sudo -S", with: "sudo -i -S")
        #expect(try await run(login).output == "root\n")
        #expect(fixture.logged(fixture.person.name).count == 2)
    }
}
