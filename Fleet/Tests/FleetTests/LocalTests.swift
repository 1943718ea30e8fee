import Foundation
import TestSupport
import Testing

/// Root at a host of a fleet: what `--local` does to the record there, and what root may not do to
/// the fleet's.
@Suite("Root at a host of a fleet", .timeLimit(.minutes(10))) struct LocalTests {
    private struct Added: Decodable {
        let uri: String
        let codes: [String]

        enum CodingKeys: String, CodingKey { case uri, codes = "backup_codes" }
    }

    /// Runs a command of root's, or of somebody else's, with this typed.
    private func run(
        _ words: [String], at host: Host, as account: Account? = nil, typing input: String = ""
    ) async throws -> Command {
        try await Command.run(host.enroll(words, as: account), input: input)
    }

    /// Everything that the fleet has about a user.
    private func known(of member: Member, in fleet: Fleet) async throws -> String {
        let status = try await Command.output(
            fleet.hosts[2].enroll(["status", "--json"], as: member.account))
        let granted = try await fleet.audit(of: member.name).filter(\.isGranted)
        return "\(status)\(granted)"
    }

    @Test("--local acts on the fleet's record, or the record here logs in at the fleet's hosts")
    func local() async throws {
        let fleet = try await Fleet.shared()
        let (member, host) = (try await Member(of: fleet), fleet.hosts[1])
        let name = member.name
        var added: [Added] = []
        for device in ["here", "spare"] {
            let words = ["add", name, "--name", device, "--no-confirm", "--json", "--local"]
            let done = try await run(words, at: host)
            #expect(done.status == 0, "\(done)")
            added.append(try JSONDecoder().decode(Added.self, from: Data(done.output.utf8)))
        }
        let (phone, codes) = (try Phone(scanning: added[0].uri), added[0].codes)
        let door = try await Door(at: host)
        #expect(try await !door.login(name, codes[0]).isIn)

        let before = try await known(of: member, in: fleet)
        let status = try await run(["status", name, "--local"], at: host)
        #expect(status.output.contains("\nhere ") && !status.output.contains("\nphone "))
        let fleets = try await run(["status", name], at: host)
        #expect(!fleets.output.contains("\nhere ") && fleets.output.contains("\nphone "))
        for words in [["list"], ["list", "--local"]] {
            let list = try await run(words, at: host)
            let row = list.output.split(separator: "\n").first { $0.hasPrefix("\(name) ") }
            #expect(row?.contains("here, spare") == true, "\(list)")
        }
        let right = try await run(
            ["verify", name, "--local"], at: host, typing: phone.code() + "\n")
        #expect(right.status == 0, "\(right)")
        for words in [
            ["issue", name], ["issue", "--list"], ["issue", name, "--revoke"], ["unlock", name],
            ["codes", name, "--yes"], ["language", "sv", name], ["trusted", name],
            ["contact", name, "--mail", "somebody@example.com"],
            ["remove", name, "spare", "--yes"], ["disable", name, "--yes"],
            ["reset", name, "--yes"],
        ] {
            let done = try await run(words + ["--local"], at: host)
            #expect(done.status == 0 && !done.output.isEmpty, "\(words): \(done)")
        }
        let gone = try await run(["status", name, "--local"], at: host)
        #expect(gone.output.contains("\(name) is not enrolled."), "\(gone)")
        let stranger = try await run(["status", "--local"], at: host, as: member.account)
        #expect(stranger.status == 64, "\(stranger)")
        #expect(stranger.errors.contains("--local is for root"), "\(stranger)")
        #expect(try await known(of: member, in: fleet) == before)
        #expect(try await door.login(name, member.backupCodes[0]).isIn)
    }

    @Test("Root at a host does to a fleet's user what only root may do on one host")
    func root() async throws {
        let fleet = try await Fleet.shared()
        let (member, host) = (try await Member(of: fleet), fleet.hosts[0])
        let name = member.name
        let before = try await known(of: member, in: fleet)
        let scratch = try Scratch()
        let role = "the fleet does not let you do this, or not at this host"
        let refusals: [([String], String)] = [
            (["issue", name], role), (["issue", name, "--revoke"], role),
            (["unlock", name], role), (["reset", name, "--yes"], role),
            (["move", "nobody-at-all", name], role),
            (["add", name, "--no-confirm"], "a fleet, where nobody may do this"),
            (["forget", name], "there is no record of \"\(name)\""),
            (["codes", name, "--yes"], "no code was given"),
            (["disable", name, "--yes"], "no code was given"),
            (["resync", name], "type two codes of 6 to 8 digits"),
            (["remove", name, "phone", "--yes"], "\"phone\" is the last authenticator of \(name)"),
            (
                ["export", name, "--format", "json", "--output", scratch.file("keys")],
                "\(name) has no authenticator"
            ),
        ]
        for (words, why) in refusals {
            let done = try await run(words, at: host)
            #expect(done.status == 1 && done.errors.contains(why), "\(words): \(done)")
        }
        let uris = try scratch.write("\(member.phone.uri)\n", to: "uris.txt")
        let imported = try await run(
            ["import", "--from", "otpauth", "--user", name, uris], at: host)
        #expect(imported.status == 1, "\(imported)")
        #expect(
            imported.output.contains("the fleet does not allow this at this host"), "\(imported)")
        // These are about the records here.
        for words in [["list"], ["report"], ["helpdesk"], ["issue", "--list"]] {
            let done = try await run(words, at: host)
            let rows = done.output.split(separator: "\n").filter { $0.hasPrefix("\(name) ") }
            #expect(done.status == 0 && !rows.contains { $0.contains("phone") }, "\(done)")
        }
        #expect(try await known(of: member, in: fleet) == before)
    }
}
