import Foundation
import OTPWire
import TestSupport
import Testing

/// `otp-enroll list` by people with a role.
@Suite("The list of a fleet's users", .timeLimit(.minutes(10))) struct ListTests {
    /// What the list says of a user.
    struct Row: Decodable {
        let user: String?
        let uid: UInt32
        let enrolled: Bool?
        let authenticators: [String]
        let backupCodesLeft: Int?
        let recordOf: String?

        enum CodingKeys: String, CodingKey {
            case user, uid, enrolled, authenticators
            case backupCodesLeft = "backup_codes_left"
            case recordOf = "record_of"
        }
    }

    func rows(in done: TestSupport.Command) throws -> [Row] {
        struct List: Decodable { let users: [Row] }
        guard done.status == 0 else { throw Trouble("no list: \(done)") }
        return try JSONDecoder().decode(List.self, from: Data(done.output.utf8)).users
    }

    func list(
        by member: Member, at host: Host, code: String = ""
    ) async throws -> TestSupport.Command {
        try await Command.run(
            host.enroll(["list", "--json"], as: member.account),
            input: code.isEmpty ? "" : code + "\n")
    }

    @Test("A list lacks a user, shows another state than status, or asks for a code for each page")
    func whole() async throws {
        let fleet = try await Fleet.shared()
        let (ann, alice) = (try await Member(of: fleet), try await Member(of: fleet))
        try await fleet.servers[0].command("role", ann.name, "auditor")
        let door = try await Door(at: fleet.hosts[2])
        #expect(try await door.login(alice.name, alice.backupCodes[0]).isIn)
        // More than a page of users whom this host does not know.
        let intruder = BrokenHost(fleet.hosts[0])
        let numbers = (0..<100).map { UInt32(900_000 + 2 * $0) }
        for number in numbers {
            let answer = try await intruder.call(
                .putOff(most: 9), about: "gone\(number)", number)
            #expect(answer.status == 200, "\(answer)")
        }

        let free = try await list(by: ann, at: fleet.hosts[1])
        #expect(free.status == 1 && free.output.isEmpty, "\(free)")
        let wrong = try await list(
            by: ann, at: fleet.hosts[1], code: try await ann.phone.wrongCode())
        #expect(wrong.status == 1 && wrong.output.isEmpty, "\(wrong)")
        let code = try await ann.phone.code()
        let rows = try rows(in: try await list(by: ann, at: fleet.hosts[1], code: code))
        let row = try #require(rows.first { $0.user == alice.name })
        #expect(try row.uid == alice.number)
        #expect(row.enrolled == true && row.authenticators == ["phone"])
        #expect(row.backupCodesLeft == 9)
        #expect(
            rows.filter { numbers.contains($0.uid) }.compactMap(\.recordOf)
                == numbers.map { "gone\($0)" })
        // Root is local, here as at any host.
        #expect(!rows.contains { $0.uid == 0 })

        let again = try await list(by: ann, at: fleet.hosts[0], code: code)
        #expect(again.status == 1 && again.output.isEmpty, "the code counts twice: \(again)")
        let audit = try await fleet.audit(of: ann.name).filter { $0.kind == "listed" }
        #expect(audit.map { "\($0.host) \($0.isGranted)" } == ["web2 true"], "\(audit)")
    }

    @Test("Somebody without a role, a host without the right, or root gets the list, or unnoticed")
    func rights() async throws {
        let fleet = try await Fleet.shared()
        let (sue, bob) = (try await Member(of: fleet), try await Member(of: fleet))
        try await fleet.servers[0].command("role", sue.name, "helpdesk")
        let tries = try await [
            list(by: bob, at: fleet.hosts[1], code: bob.backupCodes[0]),
            list(by: sue, at: fleet.hosts[2], code: sue.backupCodes[0]),
        ]
        for done in tries { #expect(done.status == 1 && done.output.isEmpty, "\(done)") }
        for (member, host) in [(bob, "web2"), (sue, "web3")] {
            let rows = try await fleet.audit(of: member.name).filter { $0.kind == "listed" }
            #expect(
                rows.map { "\($0.host) \($0.actor) \($0.isGranted) \($0.detail)" }
                    == ["\(host) \(member.name) false fleetRole"], "\(rows)")
        }
        // Their codes were not used up.
        let door = try await Door(at: fleet.hosts[0])
        #expect(try await door.login(bob.name, bob.backupCodes[0]).isIn)
        // Root at a host gets the list of the records there.
        let local = try await Command.run(fleet.hosts[1].enroll(["list", "--json"]))
        #expect(try !rows(in: local).contains { $0.user == bob.name && $0.enrolled == true })
    }

    @Test("What stands for a code is good at another host, for somebody else, or for more")
    func permits() async throws {
        let fleet = try await Fleet.shared()
        let (sue, bob) = (try await Member(of: fleet), try await Member(of: fleet))
        for member in [sue, bob] {
            try await fleet.servers[0].command("role", member.name, "helpdesk")
        }
        func page(
            _ member: Member, _ command: OTPWire.Command, proof: String? = nil
        ) throws -> FleetStep {
            try .command(
                request: Request(command, proof: proof),
                caller: FleetCaller(user: member.name, uid: member.number, isRoot: false))
        }
        let host = BrokenHost(fleet.hosts[0])
        let all = OTPWire.Command.recorded(after: nil, name: nil)
        let first = try await host.call(
            page(sue, all, proof: sue.backupCodes[0]), about: sue.name, sue.number)
        guard case .recorded? = first.reply else { throw Trouble("no list: \(first)") }
        let document = try Document.fleetReply(Array(first.body.utf8))
        let permit = try #require(document.permit)
        let more = OTPWire.Command.rows(
            of: [NumberDocument(uid: try bob.number, users: [bob.name])])
        let second = try await host.call(
            page(sue, more), about: sue.name, sue.number, permit: permit, server: "otp2")
        guard case .rows(let rows)? = second.reply, case .found? = rows.first else {
            throw Trouble("no page: \(second)")
        }
        // These servers go by UIDs.
        let names = OTPWire.Command.recorded(after: nil, name: "")
        let others = try await [
            (
                "another host",
                BrokenHost(fleet.hosts[1]).call(
                    page(sue, more), about: sue.name, sue.number, permit: permit)
            ),
            (
                "another helper",
                host.call(page(bob, more), about: bob.name, bob.number, permit: permit)
            ),
            (
                "another's name",
                host.call(page(sue, more), about: bob.name, bob.number, permit: permit)
            ),
            ("none", host.call(page(sue, more), about: sue.name, sue.number)),
            ("names", host.call(page(sue, names), about: sue.name, sue.number, permit: permit)),
            (
                "another act",
                host.call(
                    page(sue, .issue(seconds: nil, mail: nil)), about: bob.name, bob.number,
                    permit: permit)
            ),
        ]
        for (what, answer) in others {
            guard case .denied? = answer.reply else {
                throw Trouble("\(what): \(answer)")
            }
        }
        // It is good to look at one user.
        let seen = try await host.call(
            page(sue, .status), about: bob.name, bob.number, permit: permit)
        guard case .account? = seen.reply else { throw Trouble("no account: \(seen)") }
        let unseen = try await BrokenHost(fleet.hosts[1]).call(
            page(sue, .status), about: bob.name, bob.number, permit: permit)
        #expect(unseen.reply == .denied(reason: .ownProofNeeded), "\(unseen)")
        // Nor does it let the host add a device, as after a login.
        let place = try await host.call(
            .newPlace, about: sue.name, sue.number, permit: permit)
        #expect(place.result == .denied(reason: .right), "\(place)")
        // It ends with what logs the helper in.
        let codes = try await Command.run(
            fleet.hosts[0].enroll(["codes", "--yes", "--json"], as: sue.account),
            input: try await sue.phone.code() + "\n")
        #expect(codes.status == 0, "\(codes)")
        let late = try await host.call(
            page(sue, more), about: sue.name, sue.number, permit: permit)
        #expect(late.reply == .denied(reason: .ownProofNeeded), "\(late)")
    }
}
