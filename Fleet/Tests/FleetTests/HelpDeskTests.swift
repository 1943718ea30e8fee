import Foundation
import TestSupport
import Testing

/// People with a role in the fleet, who help others without being root.
@Suite("The help desk of a fleet", .timeLimit(.minutes(10))) struct HelpDeskTests {
    /// Somebody who has a role.
    func helper(_ role: String, of fleet: Fleet) async throws -> Member {
        let member = try await Member(of: fleet, role)
        try await fleet.servers[0].command("role", member.name, role)
        return member
    }

    /// Runs a command of a member about somebody, at a host, with a code.
    private func act(
        _ member: Member, at host: Host, _ words: String..., code: String = ""
    ) async throws -> Command {
        try await Command.run(
            host.enroll(words, as: member.account), input: code.isEmpty ? "" : code + "\n")
    }

    private func temporaryCode(in done: Command) throws -> String {
        struct Issued: Decodable { let code: String }
        guard done.status == 0 else { throw Trouble("nothing issued: \(done.errors)") }
        return try JSONDecoder().decode(Issued.self, from: Data(done.output.utf8)).code
    }

    @Test("A temporary code logs in twice, or a helper acts without a code of their own each time")
    func issue() async throws {
        let fleet = try await Fleet.shared()
        let (sue, alice) = (try await helper("helpdesk", of: fleet), try await Member(of: fleet))
        let words = ["issue", alice.name, "--json"]
        let free = try await act(sue, at: fleet.hosts[1], words[0], words[1], words[2])
        #expect(free.status == 1 && free.output.isEmpty, "\(free)")
        let wrong = try await act(
            sue, at: fleet.hosts[1], words[0], words[1], words[2],
            code: try await sue.phone.wrongCode())
        #expect(wrong.status == 1 && wrong.output.isEmpty, "\(wrong)")
        let own = try await sue.phone.code()
        let done = try await act(
            sue, at: fleet.hosts[1], words[0], words[1], words[2], code: own)
        let code = try temporaryCode(in: done)
        // The helper's code is used up by it.
        let again = try await act(
            sue, at: fleet.hosts[0], words[0], words[1], words[2], code: own)
        #expect(again.status == 1 && again.output.isEmpty, "\(again)")

        let doors = try await [Door(at: fleet.hosts[2]), Door(at: fleet.hosts[0])]
        #expect(try await doors[0].login(alice.name, code).isIn)
        #expect(try await !doors[1].login(alice.name, code).isIn)
        let rows = try await fleet.audit(of: alice.name)
        #expect(
            rows.filter { $0.actor == sue.name }.map { "\($0.host) \($0.kind) \($0.isGranted)" }
                == ["web2 temporary-code-issued true"], "\(rows)")
        #expect(rows.contains { $0.host == "web3" && $0.detail == "temporary-code" }, "\(rows)")
    }

    @Test("Somebody without a role, a host without the right, or root acts on others, or unnoticed")
    func rights() async throws {
        let fleet = try await Fleet.shared()
        let (sue, alice) = (try await helper("helpdesk", of: fleet), try await Member(of: fleet))
        let bob = try await Member(of: fleet)
        let tries = try await [
            (
                "no role",
                act(bob, at: fleet.hosts[1], "issue", alice.name, code: bob.backupCodes[0])
            ),
            (
                "a host without the right",
                act(sue, at: fleet.hosts[2], "issue", alice.name, code: sue.backupCodes[0])
            ),
            ("root", Command.run(fleet.hosts[1].enroll(["issue", alice.name]), input: "")),
            ("root's reset", Command.run(fleet.hosts[1].enroll(["reset", alice.name, "--yes"]))),
        ]
        for (what, done) in tries {
            #expect(done.status == 1 && !done.output.contains("Temporary"), "\(what): \(done)")
            #expect(done.errors.contains("the fleet does not let you do this"), "\(what): \(done)")
        }
        let door = try await Door(at: fleet.hosts[2])
        #expect(try await door.login(alice.name, alice.phone.code()).isIn)
        // Nothing was issued. Who tried has a row for each, and a line in the servers' log.
        let rows = try await fleet.audit(of: alice.name)
            .filter { ["temporary-code-issued", "reset"].contains($0.kind) }
        #expect(
            rows.map { "\($0.host) \($0.actor) \($0.kind) \($0.isGranted) \($0.detail)" } == [
                "web2 \(bob.name) temporary-code-issued false fleetRole",
                "web3 \(sue.name) temporary-code-issued false fleetRole",
                "web2 \(alice.name) temporary-code-issued false fleetRole",
                "web2 \(alice.name) reset false fleetRole",
            ], "\(rows)")
        _ = try await SystemLog.shared().line(
            containing: "refused; what=temporary-code-issued how=fleetRole", "host=web2",
            "user=\(alice.name)", "by=\(bob.name)")
    }

    @Test("The help desk acts on people who have a role, or an admin cannot")
    func protected() async throws {
        let fleet = try await Fleet.shared()
        let (sue, ted) = (
            try await helper("helpdesk", of: fleet), try await helper("helpdesk", of: fleet)
        )
        let chief = try await helper("admin", of: fleet)
        for victim in [ted, chief] {
            let done = try await act(
                sue, at: fleet.hosts[1], "issue", victim.name, "--json",
                code: sue.backupCodes[victim.name == ted.name ? 0 : 1])
            #expect(done.status == 1 && done.output.isEmpty, "\(done)")
            #expect(
                done.errors.contains("the help desk may not do this for \(victim.name)")
                    && done.errors.contains("somebody with the role `admin` may"), "\(done)")
        }
        // What nobody may there has nothing to do with root.
        let token = try await Command.run(
            fleet.hosts[0].enroll(["add", ted.name, "--no-confirm", "--json"]))
        #expect(
            token.status == 1 && token.errors.contains("a fleet, where nobody may do this"),
            "\(token)")
        // A reset is for admins alone.
        let alice = try await Member(of: fleet)
        let reset = try await act(
            sue, at: fleet.hosts[1], "reset", alice.name, "--yes", code: sue.backupCodes[2])
        #expect(reset.status == 1, "\(reset)")
        let done = try await act(
            chief, at: fleet.hosts[1], "issue", ted.name, "--json", code: chief.backupCodes[0])
        _ = try temporaryCode(in: done)
        let gone = try await act(
            chief, at: fleet.hosts[1], "reset", alice.name, "--yes", code: chief.backupCodes[1])
        #expect(gone.status == 0, "\(gone)")
        #expect(try await EnrollTests.isEnrolled(alice.account, at: fleet.hosts[2]) == false)
    }

    @Test("Wrong codes wait at a host after a helper has unlocked the user")
    func unlock() async throws {
        let fleet = try await Fleet.shared()
        let (sue, alice) = (try await helper("helpdesk", of: fleet), try await Member(of: fleet))
        let door = try await Door(at: fleet.hosts[1])
        for _ in 0..<6 {
            let wrong = try await door.login(alice.name, alice.phone.wrongCode())
            #expect(!wrong.isIn)
        }
        let code = try await alice.phone.code()
        #expect(try await !door.login(alice.name, code).isIn, "six wrong codes, and no wait")
        let done = try await act(
            sue, at: fleet.hosts[1], "unlock", alice.name, code: sue.backupCodes[0])
        #expect(done.status == 0, "\(done)")
        #expect(try await door.login(alice.name, code).isIn)
    }
}
