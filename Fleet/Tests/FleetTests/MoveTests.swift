import Foundation
import OTPWire
import TestSupport
import Testing

/// `otp-enroll move` by admins of the fleet, after the system's own programs.
@Suite("Users of a fleet who were renamed", .timeLimit(.minutes(10))) struct MoveTests {
    private func chief(of fleet: Fleet) async throws -> Member {
        let chief = try await Member(of: fleet, "chief")
        try await fleet.servers[0].command("role", chief.name, "admin")
        return chief
    }

    private func move(
        _ old: String, _ new: String, _ words: [String] = [], by member: Member, at host: Host,
        code: String
    ) async throws -> TestSupport.Command {
        try await Command.run(
            host.enroll(["move", old, new] + words, as: member.account), input: code + "\n")
    }

    @Test("A renamed user cannot log in, loses something, or is back under the old name")
    func renamed() async throws {
        let fleet = try await Fleet.shared()
        let (chief, bob) = (try await chief(of: fleet), try await Member(of: fleet, "bob"))
        let (uid, here) = (try bob.number, fleet.hosts[1])
        try await fleet.servers[0].command("role", bob.name, "auditor")
        let door = try await Door(at: fleet.hosts[2])
        #expect(try await door.login(bob.name, bob.backupCodes[0]).isIn)
        let robert = "ro" + bob.name

        let early = try await move(
            bob.name, bob.name, by: chief, at: here, code: chief.backupCodes[0])
        #expect(early.status == 1 && early.errors.contains("still a user here"), "\(early)")
        _ = try await bob.account.modified(["-l", robert], name: robert)
        #expect(try await !door.login(robert, bob.backupCodes[1]).isIn)
        let tried = try await move(
            bob.name, robert, ["--dry-run"], by: chief, at: here, code: chief.backupCodes[1])
        #expect(
            tried.output == "The record of \(bob.name) (\(uid)) would go to \(robert).\n",
            "\(tried)")
        #expect(try await !door.login(robert, bob.backupCodes[1]).isIn)
        let done = try await move(
            bob.name, robert, by: chief, at: here, code: chief.backupCodes[2])
        #expect(
            done.output == "The record of \(bob.name) (\(uid)) now belongs to \(robert).\n",
            "\(done)")

        #expect(try await !door.login(robert, bob.backupCodes[0]).isIn, "a used code")
        #expect(try await door.login(robert, bob.backupCodes[1]).isIn)
        #expect(try await door.login(robert, bob.phone.code()).isIn)
        #expect(try await fleet.audit(of: robert).contains { $0.kind == "moved" && $0.isGranted })
        let rows = try await fleet.audit(of: robert).filter { $0.kind == "moved" }
        #expect(
            rows.map { "\($0.host) \($0.actor) \($0.detail)" }
                == ["web2 \(chief.name) \(bob.name) (\(uid))"], "\(rows)")
        let roles = try await fleet.servers[0].command("users").split(separator: "\n")
        #expect(roles.contains { $0.hasPrefix(robert) && $0.hasSuffix("auditor") }, "\(roles)")
        #expect(!roles.contains { $0.hasPrefix("\(bob.name) ") })
        let again = try await move(
            bob.name, robert, by: chief, at: here, code: chief.backupCodes[3])
        #expect(
            again.status == 1 && again.errors.contains("there is no record of \"\(bob.name)\""),
            "\(again)")
    }

    @Test("The log does not say who was moved by a map, so a restore gives used codes back")
    func logged() async throws {
        let (fleet, log) = (try await Fleet.shared(), try SystemLog.shared())
        let (bob, server) = (try await Member(of: fleet, "bob"), fleet.servers[0])
        let (robert, number) = ("ro" + bob.name, try bob.number)
        let map = "\(server.folder)/map"
        try Data("\(bob.name) \(robert)\n".utf8).write(to: URL(fileURLWithPath: map))
        try await server.command("move", "--map", map, "--yes")
        let line = try await log.line(
            containing: " swiftotp-server[", "]: second factor moved; ", "user=\(robert) ",
            within: .seconds(30))
        let fields = line.fields
        #expect(fields["from"] == bob.name && fields["realm"] == "main", "\(line)")
        #expect(fields["number"] == "\(number)" && fields["stored"] == nil, "\(line)")
    }

    @Test("A renumbered user is another user for the fleet, and no command helps")
    func renumbered() async throws {
        let fleet = try await Fleet.shared()
        let (chief, bob) = (try await chief(of: fleet), try await Member(of: fleet, "bob"))
        let old = try bob.number
        _ = try await bob.account.modified(["-u", "\(old + 40_000)"])
        let door = try await Door(at: fleet.hosts[2])
        #expect(try await !door.login(bob.name, bob.backupCodes[0]).isIn)
        let done = try await move(
            "\(old)", bob.name, by: chief, at: fleet.hosts[1], code: chief.backupCodes[0])
        #expect(done.status == 0, "\(done)")
        #expect(try await door.login(bob.name, bob.backupCodes[0]).isIn)
        #expect(try await !door.login(bob.name, bob.backupCodes[0]).isIn)
    }

    @Test("A record is taken from a user who exists, or one that logs in is lost")
    func occupied() async throws {
        let fleet = try await Fleet.shared()
        let (chief, here) = (try await chief(of: fleet), fleet.hosts[1])
        let (bob, eve) = (try await Member(of: fleet, "bob"), try await Account.make("eve"))
        let alice = try await Member(of: fleet)
        let present = try await move(
            bob.name, eve.name, by: chief, at: here, code: chief.backupCodes[0])
        #expect(
            present.status == 1 && present.errors.contains("still a user here"), "\(present)")
        try await bob.account.remove()
        let full = try await move(
            bob.name, alice.name, by: chief, at: here, code: chief.backupCodes[1])
        #expect(full.status == 1 && full.errors.contains("is already enrolled"), "\(full)")
        // A record with nothing to log in with gives way.
        let number = try Account.numbers(of: eve.name).uid
        let made = try await BrokenHost(fleet.hosts[0]).call(
            .putOff(most: 9), about: eve.name, number)
        #expect(made.result == .count(times: 8), "\(made)")
        let done = try await move(
            bob.name, eve.name, by: chief, at: here, code: chief.backupCodes[2])
        #expect(done.status == 0, "\(done)")
        let door = try await Door(at: fleet.hosts[2])
        #expect(try await door.login(eve.name, bob.backupCodes[0]).isIn)
        #expect(try await door.login(alice.name, alice.backupCodes[0]).isIn)
        let users = try await fleet.servers[0].command("users")
        #expect(!users.contains(":") || !users.contains("\n:"), "\(users)")
    }

    @Test("A helper, root, or a host without the right moves a record, or tries it unnoticed")
    func rights() async throws {
        let fleet = try await Fleet.shared()
        let (chief, bob) = (try await chief(of: fleet), try await Member(of: fleet, "bob"))
        let sue = try await Member(of: fleet)
        try await fleet.servers[0].command("role", sue.name, "helpdesk")
        let robert = "ro" + bob.name
        _ = try await bob.account.modified(["-l", robert], name: robert)
        let tries = try await [
            move(bob.name, robert, by: sue, at: fleet.hosts[1], code: sue.backupCodes[0]),
            move(bob.name, robert, by: chief, at: fleet.hosts[2], code: chief.backupCodes[0]),
            move(
                bob.name, robert, by: chief, at: fleet.hosts[1],
                code: try await chief.phone.wrongCode()),
            Command.run(fleet.hosts[1].enroll(["move", bob.name, robert]), input: ""),
        ]
        for done in tries { #expect(done.status == 1 && !done.errors.isEmpty, "\(done)") }
        // The wrong code has a row of the admin's.
        let rows = try await fleet.audit(of: robert).filter { $0.kind == "moved" }
        #expect(
            rows.map { "\($0.host) \($0.actor) \($0.isGranted) \($0.detail)" } == [
                "web2 \(sue.name) false fleetRole", "web3 \(chief.name) false fleetRole",
                "web2 root false fleetRole",
            ], "\(rows)")
        let door = try await Door(at: fleet.hosts[2])
        #expect(try await !door.login(robert, bob.backupCodes[0]).isIn)
    }
}
