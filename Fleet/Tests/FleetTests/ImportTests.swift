import Foundation
import TestSupport
import Testing

/// A host with users of its own joins a fleet, brings them in, and leaves, as docs/FLEET.md says.
@Suite("Hosts that join with users of their own, and leave", .timeLimit(.minutes(10)))
struct ImportTests {
    /// The fleet, and two hosts that are not in it yet.
    private struct Scene {
        let fleet: Fleet
        let first: Host
        let second: Host
        /// Ways in at the first new host, and at one that was in the fleet before.
        let here: Door
        let there: Door
        /// Enrolled at the first new host alone.
        let alice: Member
        /// A code that alice has used there; the first backup code is used as well.
        let code: String
        private let folder: Scratch

        init() async throws {
            (fleet, folder) = (try await Fleet.shared(), try Scratch())
            first = try await Host(
                on: Machine("web4", number: 24, on: fleet.lan, in: folder))
            second = try await Host(
                on: Machine("web5", number: 25, on: fleet.lan, in: folder))
            for host in [first, second] { try ImportTests.set("", at: host) }
            (here, there) = (try await Door(at: first), try await Door(at: fleet.hosts[2]))
            alice = try await Member(Account.make("alice"), at: first)
            // In the window for half a minute at least.
            try await alice.phone.settle(for: 20)
            code = try await alice.phone.code()
            for answer in [code, alice.backupCodes[0]] {
                let login = try await here.login(alice.name, answer)
                guard login.isIn else { throw Trouble("no login: \(login.shown)") }
            }
        }

        /// Whether alice is asked, judged, and refused.
        func refuses(_ answer: String, at door: Door) async throws -> Bool {
            let outcome = try await door.login(alice.name, answer)
            return outcome.isAsked && !outcome.isIn && !outcome.shown.contains(Door.unchecked)
        }

        /// How alice's logins at the fleet's servers went.
        func logins() async throws -> [String] {
            try await fleet.audit(of: alice.name).filter { $0.kind == "login" }
                .map { "\($0.host) \($0.isGranted) \($0.detail)" }
        }
    }

    /// Replaces the configuration of a host.
    private static func set(_ options: String, at host: Host) throws {
        try Data("\(options)\n".utf8).write(
            to: URL(fileURLWithPath: "\(host.machine.folder)/etc/security/swiftotp.conf"))
    }

    /// A file of a host's agent, as text; `nil` if it is not there.
    private func agentFile(_ name: String, at host: Host) -> String? {
        try? String(
            contentsOfFile: "\(host.machine.folder)/etc/swiftotp-agent/\(name)", encoding: .utf8)
    }

    /// Runs a command of a host's agent.
    private func agent(_ words: String..., at host: Host) async throws -> Command {
        try await Command.run(
            host.machine.words + [OTPServer.program("swiftotp-agent")] + words)
    }

    /// Runs `otp-enroll fleet import`: its status, and what became of whom.
    private func bring(
        _ words: String..., at host: Host
    ) async throws -> (status: Int32, rows: [String]) {
        struct Answer: Decodable {
            struct User: Decodable {
                let user: String?
                let result: String
                let added: [String]
                let left: [String]
            }
            let users: [User]
        }
        let done = try await Command.run(host.enroll(["fleet", "import", "--json"] + words))
        guard let answer = try? JSONDecoder().decode(Answer.self, from: Data(done.output.utf8))
        else { throw Trouble("no answer: \(done)") }
        let rows = answer.users.map { row in
            ([row.user ?? "-", row.result] + row.added + row.left).joined(separator: " ")
        }
        return (done.status, rows)
    }

    @Test(
        "An import makes a used code good or takes another host's user over, or a host cannot leave"
    )
    func story() async throws {
        let scene = try await Scene()
        try await joinOnce(scene)
        try await bringIn(scene)
        try await expectUsed(scene)
        try await bringConflict(scene)
        try await leave(scene)
    }

    /// The token is good once, and for nobody else.
    private func joinOnce(_ scene: Scene) async throws {
        let host = scene.first
        let token = try await host.invite(by: scene.fleet.servers[0], rights: "import")
        try await host.join("https://otp1,https://otp2", token: token)
        let own = agentFile("host.pem", at: host)
        #expect(own != nil)
        for (other, servers) in [
            (host, "https://otp1,https://otp2"), (scene.second, "https://otp2,https://otp1"),
        ] {
            let again = try await agent("join", servers, "--token", token, "--again", at: other)
            #expect(again.status == 1, "\(other.name): \(again)")
            #expect(again.errors.contains("the invite is unknown, was used"), "\(again)")
        }
        #expect(agentFile("host.pem", at: host) == own)
        #expect(agentFile("host.pem", at: scene.second) == nil)
        try await host.startAgent()
        try await host.awaitServers(2)
    }

    /// First only to see; then the logins go over to the fleet.
    private func bringIn(_ scene: Scene) async throws {
        let (fleet, host, name) = (scene.fleet, scene.first, scene.alice.name)
        _ = try await RootOfHost.phone(at: host)
        func isKnown() async throws -> Bool {
            try await fleet.servers[1].command("users").split(separator: "\n")
                .contains { $0.hasPrefix("\(name) ") }
        }
        let tried = try await bring("--dry-run", at: host)
        #expect(tried.status == 0 && tried.rows == ["root local", "\(name) stored"], "\(tried)")
        #expect(try await !isKnown())
        let done = try await bring(at: host)
        #expect(done.status == 0 && done.rows == tried.rows, "\(done)")
        #expect(try await isKnown())
        let rows = try await fleet.audit(of: name).filter { $0.kind == "brought" }
        #expect(
            rows.map { "\($0.host) \($0.isGranted) \($0.actor)" } == ["web4 true root@web4"],
            "\(rows)")
        try await fleet.servers[0].command("hosts", host.name, "--rights", "enroll")
        try ImportTests.set("fleet = yes", at: host)
    }

    /// What was used at the host before it joined is used in the fleet; the rest is good, once.
    private func expectUsed(_ scene: Scene) async throws {
        let alice = scene.alice
        #expect(try await scene.refuses(scene.code, at: scene.there))
        #expect(try await scene.refuses(alice.backupCodes[0], at: scene.here))
        #expect(try await scene.here.login(alice.name, alice.backupCodes[1]).isIn)
        #expect(try await scene.refuses(alice.backupCodes[1], at: scene.there))
        let next = try await alice.phone.code(after: scene.code)
        #expect(try await scene.there.login(alice.name, next).isIn)
        let logins = try await scene.logins()
        let late = "web3 false outside-window"
        #expect(
            logins.map { $0 == late ? "web3 false replayed" : $0 } == [
                "web3 false replayed", "web4 false used-backup-code", "web4 true backup-code",
                "web3 false used-backup-code", "web3 true code",
            ])
        // The right was taken, and servers remember it for five seconds.
        try await Task.sleep(for: .seconds(5.5))
        let denied = try await Command.run(scene.first.enroll(["fleet", "import"]))
        #expect(denied.status == 1 && denied.errors.contains("`import`"), "\(denied)")
        let rows = try await scene.fleet.audit(of: alice.name)
            .filter { $0.kind == "brought" && !$0.isGranted }
        #expect(
            rows.map { "\($0.host) \($0.actor) \($0.detail)" }
                == ["web4 root@web4 hostRight import"], "\(rows)")
    }

    /// The same user has another device at another host.
    private func bringConflict(_ scene: Scene) async throws {
        let (host, alice) = (scene.second, scene.alice)
        let other = try await Member(alice.account, at: host)
        try await host.join(scene.fleet.servers, rights: "import")
        let found = try await bring(at: host)
        #expect(found.status == 1 && found.rows == ["\(alice.name) conflict phone"], "\(found)")
        let table = try await Command.run(host.enroll(["fleet", "import"]))
        #expect(table.status == 1, "\(table)")
        #expect(table.output.contains("left out") && table.output.contains("--add"), "\(table)")
        for answer in try await [other.phone.code(), other.backupCodes[5]] {
            #expect(try await scene.refuses(answer, at: scene.there))
        }
        #expect(try await scene.there.login(alice.name, alice.backupCodes[2]).isIn)

        let added = try await bring("--add", at: host)
        #expect(added.status == 0 && added.rows == ["\(alice.name) added phone-2"], "\(added)")
        #expect(try await scene.there.login(alice.name, other.phone.code()).isIn)
        #expect(try await scene.refuses(other.backupCodes[6], at: scene.there))
    }

    /// Local records count again as they were, and the host's key is good for nothing.
    private func leave(_ scene: Scene) async throws {
        let (fleet, host, alice) = (scene.fleet, scene.first, scene.alice)
        let old = try Certificates(fleet).copy(of: host)
        let intruder = BrokenHost(fleet.hosts[0], certificate: old)
        #expect(try await intruder.ping().status == 200)
        let logins = try await scene.logins()
        try ImportTests.set("", at: host)
        #expect(try await scene.refuses(alice.backupCodes[0], at: scene.here))
        #expect(try await scene.here.login(alice.name, alice.backupCodes[3]).isIn)
        #expect(try await scene.logins() == logins, "a local login asked the fleet")
        // What was used in the fleet meanwhile is not known here: the page has new ones made.
        let made = try await Command.output(
            host.enroll(["codes", alice.name, "--yes", "--json"]))
        let codes = Member.backupCodes(in: made)
        #expect(try await scene.refuses(alice.backupCodes[1], at: scene.here))

        let unsure = try await agent("leave", at: host)
        #expect(unsure.status == 1 && agentFile("host.pem", at: host) != nil, "\(unsure)")
        let done = try await agent("leave", "--yes", at: host)
        #expect(done.status == 0, "\(done)")
        for name in ["host.pem", "offline.key"] {
            #expect(agentFile(name, at: host) == nil, "\(name)")
        }
        try await fleet.servers[0].command("hosts", "--revoke", host.name)
        try await Task.sleep(for: .seconds(5.5))
        for server in ["otp1", "otp2"] {
            let answer = try await intruder.ping(server: server)
            #expect(answer.status == 403, "\(server): \(answer)")
        }
        host.killAgent()
        let started = try await host.launchAgent()
        #expect(try await started.child.finish() != 0)
        #expect(started.said.contains("this host is in no fleet"), "\(started.said)")
        let last = try #require(codes.last)
        #expect(try await scene.here.login(alice.name, last).isIn)
        #expect(try await scene.there.login(alice.name, alice.backupCodes[4]).isIn)
    }
}
