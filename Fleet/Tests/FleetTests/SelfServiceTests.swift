import Foundation
import TestSupport
import Testing

/// Users' own commands, at hosts without any right.
@Suite("Users' own commands at any host of a fleet", .timeLimit(.minutes(10)))
struct SelfServiceTests {
    /// Runs a command of a member at a host, with what is typed.
    private func run(
        _ member: Member, at host: Host, _ words: String..., typing input: String = ""
    ) async throws -> Command {
        try await Command.run(host.enroll(words, as: member.account), input: input)
    }

    @Test("A user's status differs from host to host, or is another user's to see")
    func status() async throws {
        let fleet = try await Fleet.shared()
        let (member, other) = (try await Member(of: fleet), try await Member(of: fleet))
        let door = try await Door(at: fleet.hosts[1])
        #expect(try await door.login(member.name, member.backupCodes[0]).isIn)
        var all: [String] = []
        for host in fleet.hosts {
            let done = try await run(member, at: host, "status")
            #expect(done.status == 0, "\(done.errors)")
            all.append(done.output)
            let spied = try await run(other, at: host, "status", member.name)
            #expect(spied.status == 1 && !spied.output.contains("phone"), "\(spied)")
        }
        #expect(Set(all).count == 1, "\(all)")
        #expect(all[0].contains("phone") && all[0].contains("9"), "\(all[0])")
    }

    @Test("otp-enroll verify does not use a code up for all hosts")
    func verify() async throws {
        let fleet = try await Fleet.shared()
        let member = try await Member(of: fleet)
        let code = try await member.phone.code()
        let first = try await run(member, at: fleet.hosts[2], "verify", typing: code + "\n")
        #expect(first.status == 0, "\(first)")
        let second = try await run(member, at: fleet.hosts[1], "verify", typing: code + "\n")
        #expect(second.status == 1, "\(second)")
        let door = try await Door(at: fleet.hosts[0])
        #expect(try await !door.login(member.name, code).isIn)
    }

    @Test("A token that is off stays so, or a single code finds it")
    func resync() async throws {
        let fleet = try await Fleet.shared()
        let member = try await Member(of: fleet)
        let host = fleet.hosts[2]
        // A clock that is an hour ahead.
        let one = try await member.phone.code(steps: 120)
        let wrong = try await run(member, at: host, "resync", typing: "\(one)\n\(one)\n")
        #expect(wrong.status == 1, "\(wrong)")
        let other = try await Member(of: fleet)
        let foreign = try await run(
            other, at: host, "resync", member.name, typing: "\(one)\n\(one)\n")
        #expect(foreign.status == 1, "\(foreign)")
        try await member.phone.settle(for: 20)
        let codes = try await [member.phone.code(steps: 120), member.phone.code(steps: 121)]
        let done = try await run(
            member, at: host, "resync", typing: "\(codes[0])\n\(codes[1])\n")
        #expect(done.status == 0, "\(done)")
        let door = try await Door(at: fleet.hosts[0])
        #expect(try await !door.login(member.name, codes[1]).isIn)
        #expect(try await door.login(member.name, member.phone.code(steps: 122)).isIn)
    }

    @Test("New backup codes leave old ones good, cost no code, or are told at any host")
    func codes() async throws {
        let fleet = try await Fleet.shared()
        let member = try await Member(of: fleet)
        let free = try await run(
            member, at: fleet.hosts[0], "codes", "--yes", "--json", typing: "000000\n")
        #expect(free.status == 1 && free.output.isEmpty, "\(free)")
        let code = try await member.phone.code()
        // It would learn them.
        let told = try await run(
            member, at: fleet.hosts[2], "codes", "--yes", "--json", typing: code + "\n")
        #expect(told.status == 1 && told.output.isEmpty, "\(told)")
        #expect(told.errors.contains("does not allow this at this host"), "\(told)")
        let rows = try await fleet.audit(of: member.name).filter { $0.host == "web3" }
        #expect(
            rows.map { "\($0.kind) \($0.isGranted) \($0.detail)" }
                == ["codes-renewed false hostRight enroll"], "\(rows)")
        let done = try await run(
            member, at: fleet.hosts[0], "codes", "--yes", "--json", typing: code + "\n")
        let new = Member.backupCodes(in: done.output)
        #expect(done.status == 0 && new.count == 10, "\(done)")
        let door = try await Door(at: fleet.hosts[1])
        #expect(try await !door.login(member.name, member.backupCodes[1]).isIn)
        let last = try #require(new.last)
        #expect(try await door.login(member.name, last).isIn)
    }

    @Test("A language set at one host is not spoken at another one")
    func language() async throws {
        let fleet = try await Fleet.shared()
        let member = try await Member(of: fleet)
        let set = try await run(member, at: fleet.hosts[2], "language", "de")
        #expect(set.status == 0, "\(set)")
        let said = try await run(member, at: fleet.hosts[0], "language")
        #expect(said.output.contains("de"), "\(said)")
        // Only there every client can show every language.
        let door = try await Door(at: fleet.hosts[1], service: "sshd")
        let login = try await door.login(member.name, member.backupCodes[0])
        #expect(login.isIn && login.shown.contains("Ersatzcodes"), "\(login.shown)")
    }

    @Test("A device that was removed at one host logs in at another, or goes without a code")
    func remove() async throws {
        let fleet = try await Fleet.shared()
        let member = try await Member(of: fleet)
        // A second device, at the host with the right, by a code of the first.
        let terminal = try Terminal(
            fleet.hosts[0].enroll(["add", "--qr", "none", "--name", "tablet"], as: member.account))
        try await terminal.expect(": ")
        try await terminal.type(try await member.phone.code())
        try await terminal.expect("Code shown by the app:")
        let tablet = try Member.phone(in: await terminal.transcript)
        let code = try await tablet.lastCode()
        try await terminal.type(code)
        #expect(try await terminal.finish() == 0)

        let free = try await run(
            member, at: fleet.hosts[2], "remove", "tablet", "--yes", typing: "000000\n")
        #expect(free.status == 1, "\(free)")
        let done = try await run(
            member, at: fleet.hosts[2], "remove", "tablet", "--yes",
            typing: member.backupCodes[0] + "\n")
        #expect(done.status == 0, "\(done)")
        let rows = try await fleet.audit(of: member.name).filter { $0.host == "web3" }
        #expect(
            rows.map { "\($0.kind) \($0.isGranted)" } == ["removed false", "removed true"],
            "\(rows)")
        let door = try await Door(at: fleet.hosts[1])
        #expect(try await !door.login(member.name, tablet.code()).isIn)
        #expect(try await door.login(member.name, member.backupCodes[1]).isIn)
    }

    @Test("A second factor that was ended at one host goes on at another")
    func disable() async throws {
        let fleet = try await Fleet.shared()
        let member = try await Member(of: fleet)
        let free = try await run(
            member, at: fleet.hosts[2], "disable", "--yes", typing: "000000\n")
        #expect(free.status == 1, "\(free)")
        let done = try await run(
            member, at: fleet.hosts[2], "disable", "--yes", typing: member.backupCodes[0] + "\n")
        #expect(done.status == 0, "\(done)")
        let door = try await Door(at: fleet.hosts[1])
        #expect(try await !door.login(member.name, member.backupCodes[1]).isIn)
        for host in fleet.hosts {
            #expect(try await EnrollTests.isEnrolled(member.account, at: host) == false)
        }
    }
}
