import Foundation
import Synchronization
import TestSupport
import Testing

extension Storm {
    /// A server and the primary die in the middle of logins.
    @Suite("Killed in the middle") struct Failover {
        /// One code, and how often it let somebody in.
        private struct Spent: Sendable {
            let user: String
            let code: String
            var yeses = 0
            var unchecked = 0
            /// Whether it was tried on the new primary.
            var isLate = false
        }

        /// How far the test has come.
        private final class Progress: Sendable {
            enum Phase { case whole, broken, mended }
            private let state = Mutex((count: 0, phase: Phase.whole))
            /// How many codes were tried.
            var count: Int { state.withLock { $0.count } }
            var phase: Phase {
                get { state.withLock { $0.phase } }
                set { state.withLock { $0.phase = newValue } }
            }
            func add() { state.withLock { $0.count += 1 } }
        }

        /// Lanes that log in at the same time; in each, three hosts try the same code at once.
        private static let lanes = 4

        @Test(
            "A code logs in twice, or a login is lost, while a server and the primary are killed",
            arguments: 1...max(1, Storm.rounds / 10))
        func killed(round: Int) async throws {
            let fleet = try await Fleet.stormy()
            var members: [Member] = []
            for _ in 0..<Failover.lanes * 2 { members.append(try await Member(of: fleet)) }
            let crowd = try (0..<Failover.lanes).map { _ in
                try Crowd(fleet.hosts.count, at: fleet.hosts)
            }
            // Half of the codes before the kills, and the rest goes on through them.
            let done = Progress()
            let spent = try await withThrowingTaskGroup(of: [Spent].self) { group in
                for lane in 0..<Failover.lanes {
                    let mine = Array(members[lane * 2..<lane * 2 + 2])
                    let crowd = crowd[lane]
                    group.addTask {
                        try await Self.spend(mine, by: crowd, done)
                    }
                }
                group.addTask {
                    try await Self.kill(fleet, once: done)
                    return []
                }
                return try await group.reduce(into: []) { $0 += $1 }
            }
            #expect(spent.count == members.count * 10)
            #expect(spent.allSatisfy { $0.yeses <= 1 }, "twice: \(spent.filter { $0.yeses > 1 })")
            for isLate in [false, true] {
                #expect(spent.contains { $0.yeses == 1 && $0.isLate == isLate }, "\(spent)")
            }

            // Every yes has its row on the new primary.
            try await fleet.heal()
            var granted = 0
            for member in members {
                let rows = try await fleet.audit(of: member.name).filter {
                    $0.detail == "backup-code" && $0.isGranted
                }.count
                let yeses = spent.filter { $0.user == member.name }.map(\.yeses).reduce(0, +)
                #expect(rows >= yeses && rows <= 10, "\(yeses) yeses and \(rows) rows")
                granted += rows
            }
            // And none is good again.
            var replays = 0
            for one in spent where one.yeses == 1 {
                if replays % 40 == 0 { try await fleet.release() }
                let again = try await crowd[0].login(one.user, one.code, by: replays % 3)
                #expect(!again.isIn && !again.isUnchecked, "\(again)")
                replays += 1
            }
            let yeses = spent.map(\.yeses).reduce(0, +)
            let figure =
                "\(spent.count) codes at three hosts each: \(yeses) yeses, none twice, "
                + "\(granted) rows, \(spent.map(\.unchecked).reduce(0, +)) not checked, "
                + "\(replays) replays refused"
            print("figure: killed: \(figure)")
            try Proof.tell(
                "One code, one login, in a fleet", "killed in the middle, \(round)", figure)
        }

        /// Tries every backup code of these users once at each host.
        private static func spend(
            _ members: [Member], by crowd: Crowd, _ done: Progress
        ) async throws -> [Spent] {
            var spent: [Spent] = []
            for number in 0..<10 {
                for member in members {
                    var one = Spent(user: member.name, code: member.backupCodes[number])
                    one.isLate = done.phase == .mended
                    let results = try await crowd.rush(one.user, one.code)
                    one.yeses = results.filter(\.isIn).count
                    one.unchecked = results.filter(\.isUnchecked).count
                    spent.append(one)
                    done.add()
                    // The rest is for the time after.
                    while one.unchecked > 0, done.phase == .broken {
                        try await Task.sleep(for: .milliseconds(50))
                    }
                }
            }
            return spent
        }

        /// Kills a server after a quarter of the codes, and the primary after half.
        private static func kill(_ fleet: Fleet, once done: Progress) async throws {
            func wait(for count: Int) async throws {
                while done.count < count {
                    try await Task.sleep(for: .milliseconds(5))
                }
            }
            try await wait(for: lanes * 5)
            fleet.servers[0].kill()
            try await wait(for: lanes * 10)
            done.phase = .broken
            defer { done.phase = .mended }
            try await fleet.failOver()
            // Without a standby nobody judges.
            try await fleet.follow()
            // What hosts know may be a heartbeat old, and from before.
            try await Task.sleep(for: .seconds(2.5))
            for host in fleet.hosts { try await host.awaitServers(1) }
        }
    }
}
