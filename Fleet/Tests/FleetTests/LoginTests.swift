import Foundation
import TestSupport
import Testing

/// Logins by the real ssh and sshd at three hosts of one fleet.
@Suite("Logins of a fleet", .timeLimit(.minutes(10))) struct LoginTests {
    @Test("A code that let its user in at one host lets somebody in at another one")
    func oneCodeOneLogin() async throws {
        let fleet = try await Fleet.shared()
        let member = try await Member(of: fleet)
        let doors = try await [Door(at: fleet.hosts[0]), Door(at: fleet.hosts[1])]
        let code = try await member.phone.code()
        let first = try await doors[0].login(member.name, code)
        #expect(first.isIn, "\(first.shown)")
        let second = try await doors[1].login(member.name, code)
        #expect(!second.isIn && second.shown.contains(Door.refused), "\(second.shown)")
        // The next one logs in there.
        let third = try await doors[1].login(member.name, member.phone.code(steps: 1))
        #expect(third.isIn, "\(third.shown)")
        let logins = try await fleet.audit(of: member.name).filter { $0.kind == "login" }
        #expect(
            logins.map { "\($0.host) \($0.isGranted) \($0.detail)" }
                == ["web1 true code", "web2 false replayed", "web2 true code"])
        let table = try await fleet.servers[1].command("audit", "--user", member.name)
        #expect(table.contains("granted code") && table.contains("refused replayed"))
    }

    @Test("A backup code logs in twice, at two hosts")
    func backupCode() async throws {
        let fleet = try await Fleet.shared()
        let member = try await Member(of: fleet)
        let doors = try await [Door(at: fleet.hosts[2]), Door(at: fleet.hosts[1])]
        let code = member.backupCodes[3]
        #expect(try await doors[0].login(member.name, code).isIn)
        let second = try await doors[1].login(member.name, code)
        #expect(!second.isIn && second.shown.contains(Door.refused), "\(second.shown)")
        #expect(try await doors[1].login(member.name, member.backupCodes[4]).isIn)
        let logins = try await fleet.audit(of: member.name).filter { $0.kind == "login" }
        #expect(logins.map(\.detail) == ["backup-code", "used-backup-code", "backup-code"])
    }

    @Test(
        "A host shows who exists, or who is enrolled in the fleet", arguments: 0..<3)
    func strangers(at number: Int) async throws {
        let fleet = try await Fleet.shared()
        let door = try await Door(at: fleet.hosts[number])
        let member = try await Member(of: fleet)
        let names = [member.name, try await Account.make("plain").name, "ghost\(number)"]
        var shown: [String] = []
        for name in names {
            let outcome = try await door.login(name, try await member.phone.wrongCode())
            #expect(outcome.isAsked && !outcome.isIn, "\(outcome.shown)")
            // All but the name and the code.
            shown.append(
                outcome.shown.replacing(name, with: "NAME").replacing(#/: \d{6}/#, with: ": CODE"))
        }
        #expect(Set(shown).count == 1, "\(shown)")
        #expect(shown[0].contains(Door.refused))
    }

    @Test("The fleet is asked about root, or root's codes count at another host")
    func root() async throws {
        let fleet = try await Fleet.shared()
        let doors = try await [Door(at: fleet.hosts[0]), Door(at: fleet.hosts[1])]
        let phone = try await RootOfHost.phone(at: fleet.hosts[0])
        let code = try await phone.lastCode()
        let there = try await doors[1].login("root", code)
        #expect(!there.isIn, "\(there.shown)")
        let here = try await doors[0].login("root", code)
        #expect(here.isIn, "\(here.shown)")
        #expect(try await !doors[0].login("root", code).isIn)
        #expect(try await fleet.audit(of: "root").isEmpty)
    }

    @Test("Password and code in one field: the fleet gets the password, or refuses the code")
    func joined() async throws {
        let fleet = try await Fleet.shared()
        let member = try await Member(of: fleet)
        let lines = [
            "auth requisite module forward_pass", "auth required pam_unix.so use_first_pass",
        ]
        let doors = try await [
            Door(at: fleet.hosts[1], lines), Door(at: fleet.hosts[2], lines),
        ]
        let question = "Password & verification code: "
        let (password, code) = (member.account.password, try await member.phone.code())
        let other = member.backupCodes[1]
        func login(_ door: Door, _ answer: String) async throws -> Bool {
            let outcome = try await door.login(member.name, answer, question: question)
            #expect(outcome.isAsked, "\(outcome.shown)")
            return outcome.isIn
        }
        #expect(try await !login(doors[0], other))
        #expect(try await !login(doors[0], password))
        #expect(try await login(doors[0], password + code))
        #expect(try await !login(doors[1], password + code))
        #expect(try await login(doors[1], password + member.backupCodes[0]))
    }

    @Test(
        "A key that is trusted at one host is not at others, or is at a host without rights"
    )
    func trustedKey() async throws {
        let fleet = try await Fleet.shared()
        let member = try await Member(of: fleet)
        let doors = try await [
            Door.trusting(at: fleet.hosts[0]), Door.trusting(at: fleet.hosts[1]),
        ]
        let key = doors[0].userKey

        // web2 may not enroll, so it may not trust a key either: that would count everywhere.
        let refused = try await doors[1].login(member.name, member.backupCodes[0], key: key)
        #expect(refused.isIn && refused.isAsked && !refused.shown.contains("Skip the code"))

        let shown = try await doors[0].trustKey(of: member.name, member.phone.code())
        #expect(shown.contains("Skip the code for 30 days"), "\(shown)")
        for door in doors {
            let outcome = try await door.login(member.name, "", key: key)
            #expect(outcome.isIn && !outcome.isAsked, "\(outcome.shown)")
        }
        let rows = try await fleet.audit(of: member.name)
        #expect(rows.filter { $0.kind == "trust" && $0.isGranted }.map(\.host) == ["web1"])
        #expect(
            rows.filter { $0.detail.hasPrefix("trusted-key") }.map(\.host) == ["web1", "web2"])
    }
}

/// root at a host, who is no user of the fleet.
enum RootOfHost {
    /// Enrolls root anew.
    static func phone(at host: Host) async throws -> Phone {
        struct Enrolled: Decodable { let uri: String }
        _ = try await Command.run(host.enroll(["reset", "root", "--yes"]))
        let output = try await Command.output(
            host.enroll(["add", "root", "--no-confirm", "--json"]))
        return try Phone(
            scanning: JSONDecoder().decode(Enrolled.self, from: Data(output.utf8)).uri)
    }
}
