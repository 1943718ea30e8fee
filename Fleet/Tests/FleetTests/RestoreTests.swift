import Foundation
import TestSupport
import Testing

/// A dump of a running fleet that is restored later, by the very commands of docs/FLEET.md; and a
/// failover to a standby that lagged.
@Suite("A fleet's database that has lost logins", .serialized, .timeLimit(.minutes(10)))
struct RestoreTests {
    /// The fleet of these tests; each leaves it whole.
    private static let fleet = Task { try await Fleet() }

    /// The fleet, ways in at two hosts, and two users.
    struct Scene {
        let fleet: Fleet
        let doors: [Door]
        /// Logs in by the phone.
        let alice: Member
        /// Logs in by backup codes.
        let bob: Member
        /// Where the dump is.
        let folder: Scratch
        let log: ServerLog

        init() async throws {
            fleet = try await RestoreTests.fleet.value
            doors = try await [Door(at: fleet.hosts[0]), Door(at: fleet.hosts[1])]
            (alice, bob) = (try await Member(of: fleet), try await Member(of: fleet))
            (folder, log) = (try Scratch(), try ServerLog())
        }

        /// The words that run the page's command that begins with these, on the first server's
        /// machine.
        func words(_ beginning: String) throws -> [String] {
            let server = fleet.servers[0]
            let program = try OTPServer.program("swiftotp-server")
            let restored = "\(program) restored --folder \(server.folder)"
            let primary = "host=\(fleet.primary.machine.name) "
            let line = try RestoreTests.page(beginning).replacing("host=db1 ", with: primary)
                .replacing("swiftotp-server restored", with: restored)
            return server.machine.words + [
                "env", "-C", folder.path, "PATH=\(Postgres.programs):/usr/bin:/bin", "sh", "-c",
                "exec \(line)",
            ]
        }

        /// Runs that command.
        @discardableResult
        func run(_ beginning: String) async throws -> String {
            try await Command.output(words(beginning))
        }

        /// Goes back to the dump; the servers stay stopped.
        func restore() async throws {
            for server in fleet.servers { try await server.stop() }
            try await run("pg_restore")
        }

        /// Starts the servers.
        func start() async throws {
            for server in fleet.servers { try await server.start() }
        }

        /// Whether somebody is asked, judged, and refused.
        func refuses(_ member: Member, _ answer: String, at number: Int) async throws -> Bool {
            let outcome = try await doors[number].login(member.name, answer)
            return outcome.isAsked && !outcome.isIn && !outcome.shown.contains(Door.unchecked)
        }
    }

    /// What the tests' database does not have.
    private static let tls =
        " sslmode=verify-full sslrootcert=/etc/swiftotp-server/database.pem"

    /// The command that begins with these words, in the page's part on backups.
    private static func page(_ beginning: String) throws -> String {
        let parts = try Project.text("docs/FLEET.md").components(separatedBy: "\n## ")
        let lines = parts.first { $0.hasPrefix("Backups\n") }?.split(separator: "\n") ?? []
        let line = lines.map { $0.trimmingCharacters(in: .whitespaces) }
            .first { $0.hasPrefix("\(beginning) ") }
        guard let line, line.contains(tls), line.contains("host=db1 ") else {
            throw Trouble("docs/FLEET.md has no \(beginning)")
        }
        return line.replacing(tls, with: "")
    }

    @Test("What was used after a dump is good again once it is restored, or nobody says what to do")
    func restored() async throws {
        let scene = try await Scene()
        let (alice, bob) = (scene.alice, scene.bob)
        #expect(try await scene.doors[0].login(bob.name, bob.backupCodes[0]).isIn)
        try await scene.run("pg_dump")

        // What the dump does not know. The code stays in the window for half a minute at least.
        try await alice.phone.settle(for: 20)
        let code = try await alice.phone.code()
        #expect(try await scene.doors[0].login(alice.name, code).isIn)
        #expect(try await scene.doors[1].login(bob.name, bob.backupCodes[1]).isIn)
        let carol = try await Member(of: scene.fleet)

        try await scene.restore()
        try await scene.start()
        try await expectTrouble(in: scene)

        let before = Int(Date().timeIntervalSince1970)
        let said = try await scene.run("swiftotp-server restored")
        let after = Date()
        #expect(said.contains("Nothing that could have been used before now counts"), "\(said)")
        for host in scene.fleet.hosts { try await host.awaitServers(2) }

        try await expectRefusals(in: scene, code, before)
        try await expectNewCodes(in: scene, after)
        try await expectNewDevice(of: carol, in: scene)
        // Nobody's name is in this row.
        let rows = try await scene.fleet.audit(of: "")
        #expect(rows.contains { $0.kind == "restored" && $0.isGranted }, "\(rows)")
    }

    @Test("A code is good again after a failover that lost its login, or nobody says what to do")
    func lagging() async throws {
        let scene = try await Scene()
        let bob = scene.bob
        try await scene.fleet.failOver {
            let login = try await scene.doors[1].login(bob.name, bob.backupCodes[1])
            #expect(login.isIn)
        }
        try await expectTrouble(in: scene)

        try await scene.run("swiftotp-server restored")
        try await scene.log.expect("serving again")
        for host in scene.fleet.hosts { try await host.awaitServers(2) }
        #expect(try await scene.refuses(bob, bob.backupCodes[1], at: 0), "a code that was used")
        let carol = try await Member(of: scene.fleet)
        #expect(try await scene.doors[1].login(carol.name, carol.backupCodes[0]).isIn)
    }

    /// Both servers refuse at two hosts, and everything says which command ends it.
    private func expectTrouble(in scene: Scene) async throws {
        let hint = try Guide.sentence("it lacks logins that were granted")
        let (log, bob) = (try SystemLog.shared(), scene.bob)
        for (number, door) in scene.doors.enumerated() {
            try await door.host.awaitReason(hint, of: 2)
            // Neither the right answer nor the used one is judged.
            let outcome = try await door.login(bob.name, bob.backupCodes[number + 1])
            #expect(!outcome.isIn && outcome.shown.contains(Door.unchecked), "\(outcome.shown)")
            _ = try await patiently("a line of the login at \(door.host.name)") {
                let lines = log.lines(containing: "cannot check", "user=\(bob.name) ", hint)
                return lines.count > number ? lines : nil
            }
        }
        try await scene.log.expect(hint)
    }

    /// All that could have been used by then is refused, used or not.
    private func expectRefusals(in scene: Scene, _ code: String, _ before: Int) async throws {
        let (alice, bob) = (scene.alice, scene.bob)
        #expect(try await scene.refuses(alice, code, at: 1), "a code used since the dump")
        let last = try await alice.phone.code(at: before)
        #expect(try await scene.refuses(alice, last, at: 0), "the code of that minute")
        for (number, what) in [
            (0, "a backup code used before the dump"), (1, "one used since"), (5, "an unused one"),
        ] {
            let answer = bob.backupCodes[number]
            #expect(try await scene.refuses(bob, answer, at: number % 2), "\(what)")
        }
        let logins = try await scene.fleet.audit(of: bob.name).filter { $0.kind == "login" }
        #expect(
            logins.map { "\($0.isGranted) \($0.detail)" }
                == ["true backup-code"] + Array(repeating: "false used-backup-code", count: 3))
    }

    /// A code from after the minute that the page speaks of logs in; its user is told, and gets new
    /// backup codes.
    func expectNewCodes(in scene: Scene, _ after: Date) async throws {
        let (alice, period) = (scene.alice, Double(scene.alice.phone.period))
        let step = (after.timeIntervalSince1970 / period).rounded(.down)
        let left = (step + 2) * period - Date().timeIntervalSince1970
        if left > -1 { try await Task.sleep(for: .seconds(left + 1)) }
        let login = try await scene.doors[1].login(alice.name, alice.phone.code())
        #expect(login.isIn, "\(login.shown)")
        let shown = login.shown.replacing(#/\s+/#, with: " ")
        #expect(shown.contains("restored from an earlier copy on "), "\(shown)")
        #expect(shown.contains("(swiftotp-server restored). Backup codes from before"), "\(shown)")
        #expect(!shown.contains("temporary code") && !shown.contains("no backup codes"), "\(shown)")
        #expect(try await scene.refuses(alice, alice.backupCodes[0], at: 1))

        let done = try await Command.run(
            scene.fleet.hosts[0].enroll(["codes", "--yes", "--json"], as: alice.account),
            input: try await alice.phone.code(steps: 1) + "\n")
        let new = Member.backupCodes(in: done.output)
        #expect(done.status == 0 && new.count == 10, "\(done)")
        let first = try #require(new.first)
        #expect(try await scene.doors[1].login(alice.name, first).isIn)
    }

    /// Whoever enrolled since the dump is unknown, and enrolls again.
    private func expectNewDevice(of carol: Member, in scene: Scene) async throws {
        let isKnown = try await EnrollTests.isEnrolled(carol.account, at: scene.fleet.hosts[1])
        #expect(!isKnown)
        #expect(try await scene.refuses(carol, carol.backupCodes[0], at: 1))
        let again = try await Member(carol.account, at: scene.fleet.hosts[0])
        #expect(try await scene.doors[1].login(carol.name, again.backupCodes[0]).isIn)
    }
}
