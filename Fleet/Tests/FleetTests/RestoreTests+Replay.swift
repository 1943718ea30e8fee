import Foundation
import TestSupport
import Testing

// The same, with the logs of the hosts and servers: who has used which backup codes.
extension RestoreTests {
    private static let replay = "swiftotp-server restored --replay"

    @Test("With the logs a used backup code is good again, others end, or a doubt is ignored")
    func replayed() async throws {
        let scene = try await Scene()
        let start = try SystemLog.shared().lines.count
        try await use(scene)
        try await scene.restore()

        try await write(scene, from: start)
        let cut = "Nov 30 08:15:00 web1 sshd[7]: pam_swiftotp(sshd:auth): login granted; factor=b"
        let doubt = try scene.folder.write("\(cut)\n", to: "logs/doubt.log")
        let before = try await state(of: scene)
        let refused = try await Command.run(scene.words(RestoreTests.replay))
        #expect(refused.status == 1 && refused.errors.contains("logs/doubt.log:1: \(cut)"))
        #expect(refused.errors.contains("cannot be understood, and nothing was changed"))
        #expect(try await state(of: scene) == before)

        unlink(doubt)
        let said = try await scene.run(RestoreTests.replay)
        let after = Date()
        #expect(said.contains("Backup codes burnt now: "), "\(said)")
        #expect(said.contains("but for backup codes that the logs do not have"), "\(said)")
        try await expectBurns(in: scene)
        // All of hers have ended, because she had made new ones; she is told.
        try await expectNewCodes(in: scene, after)
    }

    @Test("Killed before its end a replay cannot be done again, or a used backup code is good")
    func killed() async throws {
        let scene = try await Scene()
        let start = try SystemLog.shared().lines.count
        try await use(scene)
        try await scene.restore()
        try await write(scene, from: start)

        let primary = scene.fleet.primary
        let floor = try await primary.sql("SELECT floor FROM swiftotp.fleet")
        let lock = try Daemon(
            primary.machine.lan.words + [
                "\(Postgres.programs)/psql", "--no-psqlrc", "--host=\(primary.machine.address)",
                "--username=postgres", "--dbname=swiftotp",
                "--command=BEGIN; SELECT 1 FROM swiftotp.fleet FOR UPDATE; SELECT pg_sleep(600)",
            ], log: scene.folder.file("psql.log"))
        try await lock.wait(for: "the lock") {
            try await primary.sql("SELECT 1 FROM pg_stat_activity WHERE wait_event = 'PgSleep'")
                == [["1"]]
        }
        let command = try Daemon(
            scene.words(RestoreTests.replay), log: scene.folder.file("replay.log"))
        try await command.wait(for: "the first part") {
            try await burns(of: scene.bob, in: scene) == 1
        }
        command.kill()
        // PostgreSQL would go on with what it was asked for.
        for condition in [
            "application_name = 'swiftotp-server restored'", "wait_event = 'PgSleep'",
        ] {
            try await primary.sql(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE \(condition)")
        }
        _ = try await lock.child.finish()
        #expect(try await primary.sql("SELECT floor FROM swiftotp.fleet") == floor)

        let said = try await scene.run(RestoreTests.replay)
        #expect(said.contains("Backup codes burnt now: 0, of users: 0"), "\(said)")
        #expect(try await burns(of: scene.bob, in: scene) == 1)
        try await expectBurns(in: scene)
    }

    /// Makes a dump, and uses codes that it does not know of: at a host, as a proof, and to make
    /// new ones.
    private func use(_ scene: Scene) async throws {
        let (alice, bob, log) = (scene.alice, scene.bob, try SystemLog.shared())
        #expect(try await scene.doors[0].login(bob.name, bob.backupCodes[0]).isIn)
        try await scene.run("pg_dump")
        #expect(try await scene.doors[1].login(bob.name, bob.backupCodes[1]).isIn)
        let host = scene.fleet.hosts[0]
        let tried = try await Command.run(
            host.enroll(["verify"], as: bob.account), input: bob.backupCodes[2] + "\n")
        let renewed = try await Command.run(
            host.enroll(["codes", "--yes", "--json"], as: alice.account),
            input: alice.backupCodes[3] + "\n")
        #expect(tried.status == 0 && renewed.status == 0, "\(tried) \(renewed)")
        // Programs log after they have answered.
        for (member, words, count) in [
            (bob, "login granted; factor=backup-code index=", 2),
            (bob, "granted; what=login how=backup-code index=", 2),
            (bob, "code accepted; reason=backup-code index=", 1),
            (alice, "backup codes renewed;", 1),
        ] {
            _ = try await patiently("\(count) lines \(words)", within: .seconds(30)) {
                log.lines(containing: words, "user=\(member.name)").count == count ? true : nil
            }
        }
    }

    /// Writes what the log has of the two users since then: of the hosts as a machine's journal
    /// shows it, and of the servers without a machine.
    private func write(_ scene: Scene, from start: Int) async throws {
        _ = try scene.folder.folder("logs")
        let names = [scene.alice.name, scene.bob.name]
        var (hosts, servers) = ("", "")
        for line in try SystemLog.shared().lines.dropFirst(start)
        where names.contains(line.fields["user"] ?? "") {
            // `Nov 30 08:15:00 `, which is followed by the program.
            let text = line.text
            if text.has(" swiftotp-server[") {
                servers += "\(text)\n"
            } else {
                hosts += "\(text.prefix(16))web1 \(text.dropFirst(16))\n"
            }
        }
        try scene.folder.write(hosts, to: "logs/web1.log")
        try scene.folder.write(servers, to: "logs/otp.log")
    }

    /// The floor, and how often anything was burnt.
    private func state(of scene: Scene) async throws -> [[String]] {
        try await scene.fleet.primary.sql(
            "SELECT floor, codes_floor, (SELECT count(*) FROM swiftotp.audit WHERE kind = 'replayed')"
                + " FROM swiftotp.fleet")
    }

    private func burns(of member: Member, in scene: Scene) async throws -> Int {
        try await scene.fleet.audit(of: member.name).count { $0.kind == "replayed" }
    }

    /// Used codes are refused, and the others log in.
    private func expectBurns(in scene: Scene) async throws {
        try await scene.start()
        for host in scene.fleet.hosts { try await host.awaitServers(2) }
        let (alice, bob) = (scene.alice, scene.bob)
        for (number, what) in [
            (0, "used before the dump"), (1, "used since"), (2, "used as a proof"),
        ] {
            let answer = bob.backupCodes[number]
            #expect(try await scene.refuses(bob, answer, at: number % 2), "\(what)")
        }
        #expect(try await scene.refuses(alice, alice.backupCodes[5], at: 0), "of an earlier set")
        let login = try await scene.doors[1].login(bob.name, bob.backupCodes[7])
        let shown = login.shown.replacing(#/\s+/#, with: " ")
        #expect(login.isIn && shown.contains("restored from an earlier copy on "), "\(shown)")
        #expect(!shown.contains("Backup codes from before"), "\(shown)")
        #expect(try await scene.refuses(bob, bob.backupCodes[7], at: 0))
    }
}
