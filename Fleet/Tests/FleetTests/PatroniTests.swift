import Foundation
import TestSupport
import Testing

/// A fleet on Patroni as docs/FLEET.md has it, for as many minutes as FLEET_PATRONI says: again and
/// again something fails, and logins go on. Nothing is repaired by hand.
@Suite("A fleet on Patroni", .serialized, .enabled(if: PatroniFleet.minutes > 0))
struct PatroniTests {
    /// In how long somebody gets in again, whatever has failed. It takes `ttl` and a few seconds;
    /// the rest is for a busy machine.
    private static let limit = Duration.seconds(120)
    /// Lanes that log in at the same time; in each, three hosts try the same code at once.
    private static let lanes = 3

    /// What fails.
    private enum Failure: String, CaseIterable {
        case postgres = "PostgreSQL killed"
        case server = "server killed"
        case switchover = "switchover"
        case patroni = "Patroni killed"
        case both = "both killed"
        case frozenPostgres = "PostgreSQL frozen"
        case gone = "Patroni gone"
        case cut = "cable cut"
        case frozen = "machine frozen"
        case silent = "cable silent"

        /// Whether it lasts until another one is the primary.
        var isLong: Bool {
            switch self {
            case .postgres, .server, .switchover, .patroni: false
            case .both, .frozenPostgres, .gone, .cut, .frozen, .silent: true
            }
        }
    }

    /// How it went.
    private struct Tally {
        var failures = 0
        var failovers = 0
        var replays = 0
        var slowest: [Failure: Duration] = [:]
    }

    @Test("A code logs in twice, a login is lost, or nobody gets in again, after a failover")
    func failovers() async throws {
        let fleet = try await PatroniFleet()
        let ledger = Ledger()
        let crowds = try (0..<PatroniTests.lanes).map { _ in
            try Crowd(fleet.hosts.count, at: fleet.hosts)
        }
        let tally = try await withThrowingTaskGroup(of: Tally?.self) { group in
            group.addTask {
                try await Self.enroll(in: fleet, ledger)
                return nil
            }
            for crowd in crowds {
                group.addTask {
                    try await Self.spend(by: crowd, ledger)
                    return nil
                }
            }
            group.addTask {
                defer { ledger.end() }
                return try await Self.storm(fleet, ledger)
            }
            var tally = Tally()
            for try await one in group { tally = one ?? tally }
            tally.replays += try await Self.replay(fleet, ledger)
            return tally
        }
        try await check(fleet, ledger, tally)
    }

    private func check(_ fleet: PatroniFleet, _ ledger: Ledger, _ tally: Tally) async throws {
        let spent = ledger.spent
        #expect(spent.allSatisfy { $0.yeses <= 1 }, "twice: \(spent.filter { $0.yeses > 1 })")
        // A yes that did not arrive has used its code up; nothing else refuses one.
        let refused = spent.filter { $0.yeses == 0 && $0.unchecked == 0 }
        #expect(refused.isEmpty, "refused: \(refused)")
        let lost = spent.filter { $0.yeses == 0 }.count
        // Every yes has its row in the end.
        let rows = try await fleet.settle().sql(
            """
            SELECT name, count(*) FROM swiftotp.audit
            WHERE kind = 'login' AND granted AND detail = 'backup-code' GROUP BY name
            """)
        let granted = Dictionary(uniqueKeysWithValues: rows.map { ($0[0], Int($0[1]) ?? 0) })
        for (user, mine) in Dictionary(grouping: spent, by: \.user) {
            let yeses = mine.map(\.yeses).reduce(0, +)
            let rows = granted[user] ?? 0
            #expect(rows >= yeses && rows <= mine.count, "\(user): \(yeses) yeses, \(rows) rows")
        }
        let yeses = spent.map(\.yeses).reduce(0, +)
        let slowest = Failure.allCases.compactMap { failure in
            tally.slowest[failure].map { "\(failure.rawValue) \($0.components.seconds) s" }
        }
        let figure =
            "\(tally.failures) failures; \(spent.count) codes at three hosts each: \(yeses) "
            + "yeses, none twice, \(granted.values.reduce(0, +)) rows, \(lost) yeses that did not "
            + "arrive, \(spent.map(\.unchecked).reduce(0, +)) not checked, \(tally.replays) "
            + "replays refused; longest without a login: " + slowest.joined(separator: ", ")
        print("figure: Patroni, \(tally.failovers) failovers: \(figure)")
        try Proof.tell(
            "One code, one login, in a fleet",
            "Patroni, \(tally.failovers) failovers in \(PatroniFleet.minutes) minutes", figure)
    }

    // MARK: Logins

    /// Keeps a few users with backup codes ready. While nothing can be enrolled, it tries again.
    private static func enroll(in fleet: PatroniFleet, _ ledger: Ledger) async throws {
        while !ledger.isOver {
            if ledger.stock < 2 * lanes {
                do {
                    ledger.stock(try await Member(try await Account.make(), at: fleet.hosts[0]))
                    try await fleet.release()
                    continue
                } catch is Trouble {}
            }
            try await Task.sleep(for: .milliseconds(500))
        }
    }

    /// Tries one backup code after the other at each host, until it is judged.
    private static func spend(by crowd: Crowd, _ ledger: Ledger) async throws {
        while !ledger.isOver {
            guard let member = ledger.takeMember() else {
                try await Task.sleep(for: .milliseconds(50))
                continue
            }
            for code in member.backupCodes where !ledger.isOver {
                ledger.add(try await spend(member.name, code, by: crowd, ledger))
                try await Task.sleep(for: .seconds(1))
            }
        }
    }

    private static func spend(
        _ user: String, _ code: String, by crowd: Crowd, _ ledger: Ledger
    ) async throws -> Ledger.Spent {
        var one = Ledger.Spent(user: user, code: code)
        while true {
            let begun = ContinuousClock.now
            let results = try await crowd.rush(user, code)
            one.yeses += results.filter(\.isIn).count
            one.unchecked += results.filter(\.isUnchecked).count
            if one.yeses > 0 {
                ledger.noteYes(begun: begun)
                return one
            }
            // One that was not checked may have been used up, or not.
            if !results.contains(where: \.isUnchecked) || ledger.isOver {
                one.said = results.map(\.said).joined(separator: " ")
                return one
            }
            try await Task.sleep(for: .milliseconds(100))
        }
    }

    /// Tries the codes again that were used since the last time.
    private static func replay(_ fleet: PatroniFleet, _ ledger: Ledger) async throws -> Int {
        let used = ledger.takeUsed()
        let crowd = try Crowd(fleet.hosts.count, at: fleet.hosts)
        for (number, one) in used.enumerated() {
            if number % 40 == 0 { try await fleet.release() }
            let again = try await crowd.login(one.user, one.code, by: number % fleet.hosts.count)
            #expect(!again.isIn && !again.isUnchecked, "\(again)")
        }
        return used.count
    }

    // MARK: Failures

    private static func storm(_ fleet: PatroniFleet, _ ledger: Ledger) async throws -> Tally {
        var tally = Tally()
        let end = ContinuousClock.now + .seconds(60 * PatroniFleet.minutes)
        try await ledger.awaitYes(within: limit, "before anything failed")
        repeat {
            for failure in Failure.allCases {
                let leader = try await fleet.settle()
                let before = try await fleet.members(leader).compactMap(\.timeline).max()
                let start = ContinuousClock.now
                try await fail(failure, of: leader, in: fleet, ledger)
                let next = try await fleet.settle()
                try await ledger.awaitYes(within: limit, "after all was well: \(failure)")
                let after = try await fleet.members(next).compactMap(\.timeline).max()
                tally.failures += 1
                if after != before { tally.failovers += 1 }
                let silence = ledger.longestSilence(since: start)
                tally.slowest[failure] = max(tally.slowest[failure] ?? .zero, silence)
                tally.replays += try await replay(fleet, ledger)
                // Seen at once, also in a file.
                let line =
                    "\(failure.rawValue): \(leader.name) to \(next.name), timeline "
                    + "\(after ?? 0), all well after \(ContinuousClock.now - start), nobody in "
                    + "for \(silence), \(ledger.spent.count) codes\n"
                FileHandle.standardOutput.write(Data(line.utf8))
                if ContinuousClock.now > end { return tally }
            }
        } while true
    }

    /// Makes something fail, and where it lasts, ends it once logins go on without it.
    private static func fail(
        _ failure: Failure, of leader: PatroniNode, in fleet: PatroniFleet, _ ledger: Ledger
    ) async throws {
        switch failure {
        case .postgres: leader.killPostgres()
        case .server:
            let server = fleet.servers[Int.random(in: 0...1)]
            server.kill()
            try await ledger.awaitYes(within: limit, "without a server")
            try await server.start()
        case .switchover: try await leader.control("switchover", "--force")
        case .patroni, .gone: leader.killPatroni()
        case .both:
            leader.killPatroni()
            leader.killPostgres()
        case .frozenPostgres: leader.freeze(wholly: false)
        case .frozen: leader.freeze(wholly: true)
        case .cut: try await leader.machine.harm(.cut)
        case .silent: try await leader.machine.harm(.silent)
        }
        guard failure.isLong else { return }
        let end = ContinuousClock.now + limit
        while true {
            let next = try await fleet.leader()
            if let next, next.name != leader.name { break }
            guard ContinuousClock.now < end else {
                throw Trouble("no other primary: \(failure)\n\(leader.said)")
            }
            try await Task.sleep(for: .milliseconds(500))
        }
        try await ledger.awaitYes(within: limit, "with another primary: \(failure)")
        switch failure {
        case .frozenPostgres, .frozen: leader.thaw()
        case .cut: try await leader.machine.mend(.cut)
        case .silent: try await leader.machine.mend(.silent)
        default: break
        }
    }
}
