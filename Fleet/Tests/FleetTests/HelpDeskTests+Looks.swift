import Foundation
import TestSupport
import Testing

// What people with a role see, and what they take back.
extension HelpDeskTests {
    private struct Issued: Decodable { let code: String }

    @Test("A helper sees another state than the user, or cannot take a temporary code back")
    func revoke() async throws {
        let fleet = try await Fleet.shared()
        let (sue, alice) = (try await helper("helpdesk", of: fleet), try await Member(of: fleet))
        func act(
            _ words: [String], at number: Int = 1, _ code: String = ""
        ) async throws -> Command {
            try await Command.run(
                fleet.hosts[number].enroll(words, as: sue.account),
                input: code.isEmpty ? "" : code + "\n")
        }
        let issued = try await act(["issue", alice.name, "--json"], sue.backupCodes[0])
        let code = try JSONDecoder().decode(Issued.self, from: Data(issued.output.utf8)).code
        let list = try await act(["issue", "--list"], sue.backupCodes[1])
        #expect(list.status == 0, "\(list)")
        let names = list.output.split(separator: "\n").compactMap { $0.split(separator: " ").first }
        #expect(names.first == "USER" && names.contains { $0 == alice.name }, "\(list)")

        let (look, revoke) = (["status", alice.name, "--json"], ["issue", alice.name, "--revoke"])
        for words in [look, revoke, ["issue", "--list"]] {
            let tries = try await [
                act(words), act(words, sue.phone.wrongCode()),
                // The host has not the right, and the code is not used up by that.
                act(words, at: 2, sue.backupCodes[2]),
            ]
            for done in tries { #expect(done.status == 1 && done.output.isEmpty, "\(done)") }
        }
        let own = try await Command.run(
            fleet.hosts[2].enroll(["status", "--json"], as: alice.account))
        let seen = try await act(look, sue.backupCodes[2])
        #expect(seen.status == 0 && seen.output == own.output, "\(seen), \(own)")
        #expect(!seen.output.contains("\"temporary_code\": null"), "\(seen)")

        let done = try await act(revoke, sue.backupCodes[3])
        #expect(done.output == "The temporary code of \(alice.name) was revoked.\n", "\(done)")
        let again = try await act(revoke, sue.backupCodes[4])
        #expect(
            again.status == 1 && again.errors.contains("has no valid temporary code"), "\(again)")
        let door = try await Door(at: fleet.hosts[2])
        let login = try await door.login(alice.name, code)
        #expect(login.isAsked && !login.isIn, "\(login.shown)")
        let rows = try await fleet.audit(of: alice.name).filter { $0.actor == sue.name }
        #expect(
            rows.filter(\.isGranted).map { "\($0.host) \($0.kind)" }
                == ["web2 temporary-code-issued", "web2 temporary-code-revoked"], "\(rows)")
    }
}
