import Foundation
import OTPCore
import Testing

@testable import FleetStore

@Suite("Without the standby there is never a yes", .serialized)
struct ReplicationTests {
    /// A pair of its own, because the standby is stopped.
    private static let cluster = Task { try await Cluster.start() }

    private func fleet() async throws -> TestFleet {
        try await TestFleet(on: Self.cluster.value)
    }

    /// A backend that waits for the standby, found by its user's name in the statement's role.
    private func waiting(_ fleet: TestFleet) async throws -> Int32 {
        var pid: Int32 = 0
        try await eventually("nobody waits for the standby") {
            let rows = try fleet.cluster.primary.run(
                """
                SELECT pid::bigint FROM pg_stat_activity
                WHERE wait_event = 'SyncRep' AND usename = '\(Schema.serverRole)'
                """)
            pid = Int32(clamping: rows.int(0, 0) ?? 0)
            return pid != 0
        }
        return pid
    }

    /// What happens to the standby.
    enum Loss: CaseIterable { case stopped, silent }

    /// Runs `body` without the standby, and starts it again.
    private func withoutStandby(
        _ fleet: TestFleet, _ loss: Loss = .stopped, _ body: () async throws -> Void
    ) async throws {
        if loss == .silent {
            fleet.cluster.standby.signalAll(SIGSTOP)
            defer { fleet.cluster.standby.signalAll(SIGCONT) }
            return try await body()
        }
        try fleet.cluster.standby.end(SIGINT)
        do { try await body() } catch {
            try await fleet.cluster.standby.start()
            throw error
        }
        try await fleet.cluster.standby.start()
        try await fleet.cluster.replicate("standby")
    }

    /// A login in a thread of its own, which waits for the standby.
    private func login(
        _ fleet: TestFleet, _ code: String, at now: UInt64, request: RowID = .random(),
        state: FleetState = FleetState(),
        _ change: @escaping @Sendable (inout DatabaseSettings) -> Void = { _ in }
    ) -> Task<String, Never> {
        Task {
            await withCheckedContinuation { continuation in
                Thread.detachNewThread {
                    var settings = fleet.settings
                    change(&settings)
                    let database = Database(settings, state: state)
                    continuation.resume(
                        returning: fleet.outcome(
                            "alice", code, on: database, at: now, request: request))
                }
            }
        }
    }

    @Test(
        "A yes is given although the standby is stopped or silent; or none is once it is back",
        arguments: Loss.allCases)
    func stopped(_ loss: Loss) async throws {
        let fleet = try await fleet(), now = TestFleet.now, request = RowID.random()
        try fleet.enroll("alice", at: now)
        let code = TestFleet.code(at: now)
        try await withoutStandby(fleet, loss) {
            let heard = await login(fleet, code, at: now, request: request) {
                $0.statementTime = .seconds(20)
                $0.answerTime = .seconds(2)
            }.value
            #expect(heard.hasPrefix("unknown") && heard.contains("in time"), "\(heard)")
        }
        // The same request, now that the standby has it.
        var heard = ""
        try await eventually("the reply never comes") {
            heard = await login(fleet, code, at: now, request: request).value
            return !heard.hasPrefix("unknown")
        }
        #expect(heard == "yes code")
        #expect(await login(fleet, code, at: now).value == "no replayed")
    }

    @Test("A yes is given although an admin canceled the wait for the standby")
    func canceled() async throws {
        let fleet = try await fleet(), now = TestFleet.now, request = RowID.random()
        try fleet.enroll("alice", at: now)
        let code = TestFleet.code(at: now), state = FleetState()
        try await withoutStandby(fleet) {
            let login = login(fleet, code, at: now, request: request, state: state)
            let pid = try await waiting(fleet)
            try fleet.cluster.primary.run("SELECT pg_cancel_backend(\(pid))")
            let heard = await login.value
            #expect(heard.hasPrefix("unknown") && heard.contains("warned"), "\(heard)")
            let counts = state.counts.values
            #expect(counts.unknowns == 1 && counts.judged.isEmpty)
            // It is stored here, and not there. The same request waits as well.
            let again = self.login(fleet, code, at: now, request: request)
            let other = try await waiting(fleet)
            try fleet.cluster.primary.run("SELECT pg_cancel_backend(\(other))")
            let second = await again.value
            #expect(second.hasPrefix("unknown"), "\(second)")
        }
        #expect(await login(fleet, code, at: now, request: request).value == "yes code")
    }

    @Test("A login waits for the disks because its host is noted to be there; or nothing does then")
    func seen() async throws {
        let fleet = try await fleet(), server = fleet.server(), now = TestFleet.now
        try server.ready()
        try await withoutStandby(fleet) {
            try server.see(fleet.host, at: now)
            #expect(try server.host(named: "web1")?.lastSeen == now)
            let rows = try server.run(
                PostgresStatement("SELECT current_setting('synchronous_commit')"), []
            ).rows()
            #expect(rows.text(0, 0) == "on")
        }
    }

    @Test("A yes is given although the warning is hidden by the role's default")
    func hiddenWarning() async throws {
        let fleet = try await fleet(), now = TestFleet.now
        try fleet.enroll("alice", at: now)
        try fleet.cluster.primary.run(
            "ALTER ROLE \(Schema.serverRole) SET client_min_messages TO error",
            "ALTER ROLE \(Schema.serverRole) SET synchronous_commit TO local")
        try await withoutStandby(fleet) {
            let login = login(fleet, TestFleet.code(at: now), at: now)
            let pid = try await waiting(fleet)
            try fleet.cluster.primary.run("SELECT pg_cancel_backend(\(pid))")
            let heard = await login.value
            #expect(heard.hasPrefix("unknown"), "\(heard)")
        }
        try fleet.cluster.primary.run("ALTER ROLE \(Schema.serverRole) RESET ALL")
    }

    @Test("A yes is given although the backend was terminated")
    func ended() async throws {
        let fleet = try await fleet(), now = TestFleet.now
        try fleet.enroll("alice", at: now)
        try await withoutStandby(fleet) {
            let login = login(fleet, TestFleet.code(at: now), at: now)
            let pid = try await waiting(fleet)
            try fleet.cluster.primary.run("SELECT pg_terminate_backend(\(pid))")
            let heard = await login.value
            #expect(heard.hasPrefix("unknown"), "\(heard)")
        }
    }

    @Test("Each try without a standby leaves another process waiting, or none works after that")
    func waitingProcesses() async throws {
        let fleet = try await fleet(), now = TestFleet.now
        try fleet.enroll("alice", at: now)
        let quick: @Sendable (inout DatabaseSettings) -> Void = { $0.answerTime = .seconds(2) }
        try await withoutStandby(fleet) {
            let first = await login(fleet, "000000", at: now, quick).value
            #expect(first.contains("in time"), "\(first)")
            for number in 1..<5 {
                let heard = await login(fleet, "00000\(number)", at: now, quick).value
                #expect(heard.contains("no standby confirms"), "\(heard)")
            }
            let rows = try fleet.cluster.primary.run(
                "SELECT 1 FROM pg_stat_activity WHERE wait_event = 'SyncRep'"
                    + " AND datname = '\(fleet.database)'")
            #expect(rows.count == 1)
        }
        try await eventually("nobody gets in after that") {
            await login(fleet, TestFleet.code(at: now), at: now).value == "yes code"
        }
    }

    @Test("A yes is given although the statement was ended for its time, or the code is lost")
    func timeOut() async throws {
        let fleet = try await fleet(), now = TestFleet.now
        try fleet.enroll("alice", at: now)
        let code = TestFleet.code(at: now), soon = ContinuousClock.now + .seconds(60)
        let other = try fleet.cluster.primary.connect(to: fleet.database)
        for statement in ["BEGIN", "SELECT 1 FROM swiftotp.users FOR UPDATE"] {
            _ = try other.run(
                PostgresStatement(statement), isInTransaction: true, until: soon
            ).rows()
        }
        let heard = await login(fleet, code, at: now) { $0.statementTime = .milliseconds(300) }
            .value
        #expect(heard.contains("statement timeout"), "\(heard)")
        _ = other.run(PostgresStatement("ROLLBACK"), until: soon)
        #expect(await login(fleet, code, at: now).value == "yes code")
    }

    @Test("A yes is given although the list of standbys was emptied, before or while it waits")
    func emptied() async throws {
        let fleet = try await fleet(), now = TestFleet.now
        try fleet.enroll("alice", at: now)
        let code = TestFleet.code(at: now)
        try await withoutStandby(fleet) {
            let login = login(fleet, code, at: now)
            _ = try await waiting(fleet)
            try await fleet.cluster.replicate("")
            let heard = await login.value
            #expect(heard.contains("synchronous_standby_names is empty"), "\(heard)")
            let next = await self.login(fleet, code, at: now).value
            #expect(next.contains("synchronous_standby_names is empty"), "\(next)")
            let state = FleetState()
            let without = await self.login(fleet, code, at: now, state: state) {
                $0.replication = .none
            }.value
            #expect(without == "no replayed")
            #expect(state.counts.values.isReplicated == false)
        }
    }
}
