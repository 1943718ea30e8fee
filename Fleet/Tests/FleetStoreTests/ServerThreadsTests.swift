import Foundation
import OTPCore
import Synchronization
import Testing

@testable import FleetStore

@Suite("The threads of a server")
struct ServerThreadsTests {
    private func fleet() async throws -> TestFleet { try await TestFleet(on: Cluster.shared()) }

    private let alice = UserName(realm: TestFleet.realm, name: "alice")

    private func ready(_ server: ServerThreads) async throws {
        try await eventually("never ready: \(String(describing: server.trouble))") {
            server.trouble == nil
        }
    }

    @Test("One user's requests are done at once, or out of order")
    func order() async throws {
        let fleet = try await fleet()
        let server = try ServerThreads(fleet.settings, count: 4)
        defer { server.stop() }
        let seen = Mutex<[Int]>([]), busy = Mutex(false), overlaps = Mutex(0)
        await withCheckedContinuation { continuation in
            for number in 0..<100 {
                server.submit(for: alice, until: ContinuousClock.now + .seconds(60)) { _ in
                    if busy.withLock({ exchange(&$0, true) }) { overlaps.withLock { $0 += 1 } }
                    seen.withLock { $0.append(number) }
                    _ = busy.withLock { exchange(&$0, false) }
                } completion: { _ in
                    if number == 99 { continuation.resume() }
                }
            }
        }
        #expect(seen.withLock { $0 } == Array(0..<100) && overlaps.withLock { $0 } == 0)
    }

    private func exchange(_ value: inout Bool, _ new: Bool) -> Bool {
        defer { value = new }
        return value
    }

    @Test("A full queue takes more, or a request is done after its time")
    func full() async throws {
        let fleet = try await fleet()
        let server = try ServerThreads(fleet.settings, count: 1, queueLength: 3)
        defer { server.stop() }
        try await ready(server)
        let gate = DispatchSemaphore(value: 0), began = DispatchSemaphore(value: 0)
        let ends = Mutex<[String]>([])
        func submit(_ name: String, _ limit: Duration, _ work: @escaping @Sendable () -> Void) {
            server.submit(for: alice, until: ContinuousClock.now + limit) { _ in
                work()
            } completion: { result in
                ends.withLock {
                    switch result {
                    case .success: $0.append("\(name) done")
                    case .failure(let error): $0.append("\(name) \(error.detail)")
                    }
                }
            }
        }
        submit("first", .seconds(60)) {
            began.signal()
            gate.wait()
        }
        await withCheckedContinuation { continuation in
            Thread.detachNewThread {
                began.wait()
                continuation.resume()
            }
        }
        submit("late", .milliseconds(50)) {}
        submit("second", .seconds(60)) {}
        submit("third", .seconds(60)) {}
        submit("fourth", .seconds(60)) {}
        #expect(ends.withLock { $0 } == ["fourth too many requests wait for the database"])
        try await Task.sleep(for: .milliseconds(100))
        gate.signal()
        try await eventually("not all ended") { ends.withLock { $0.count } == 5 }
        let said = ends.withLock { $0 }
        #expect(said.contains("late it waited too long for the database"), "\(said)")
        #expect(said.contains("second done") && said.contains("third done"), "\(said)")
    }

    @Test("A lost connection is not made again, or a request before that is lost")
    func reconnecting() async throws {
        let fleet = try await fleet(), now = TestFleet.now
        try fleet.enroll("alice", at: now)
        let server = try ServerThreads(fleet.settings, count: 2)
        defer { server.stop() }
        try await ready(server)
        let before = try fleet.cluster.primary.run(
            "SELECT pid::bigint FROM pg_stat_activity WHERE datname = '\(fleet.database)'")
        let pids = (0..<before.count).compactMap { before.int($0, 0).map(String.init) }
            .joined(separator: ",")
        try fleet.cluster.primary.run(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                + " WHERE datname = '\(fleet.database)'")
        try await eventually("somebody stays connected") {
            try fleet.cluster.primary.run(
                "SELECT 1 FROM pg_stat_activity WHERE datname = '\(fleet.database)'"
                    + " AND pid = ANY ('{\(pids)}')"
            ).count == 0
        }
        let act = fleet.act("alice", at: now), code = TestFleet.code(at: now)
        let performed = try await server.run(
            for: alice, until: ContinuousClock.now + .seconds(60)
        ) { (database) throws(StoreError) in
            try database.perform(act, TestFleet.judge(code))
        }
        guard case .done(let done) = performed else { throw Trouble("\(performed)") }
        #expect(done.reply == Array("yes code".utf8))
        try await eventually("nobody sees the standby") {
            server.state.counts.values.isReplicated == true
        }
    }

    @Test("A server judges although its clock is off")
    func clock() async throws {
        let fleet = try await fleet()
        for (offset, word) in [(60, "behind"), (-60, "ahead of")] {
            var settings = fleet.settings
            settings.clock = { UInt64(Int64(TestFleet.now) + Int64(offset)) }
            let server = try ServerThreads(settings, count: 1)
            defer { server.stop() }
            let act = fleet.act("alice")
            let error = await #expect(throws: StoreError(.clock, [], "")) {
                try await server.run(for: alice, until: ContinuousClock.now + .seconds(60)) {
                    (database) throws(StoreError) in
                    try database.perform(act, TestFleet.judge("123456"))
                }
            }
            #expect(error?.detail.contains(word) == true, "\(String(describing: error))")
            #expect(server.trouble?.code == .clock)
            // Between both looks at a clock there may be a while.
            let off = try #require(server.state.counts.values.clockOffset)
            #expect(off.signum() == Int64(offset.signum()) && off.magnitude > 30, "\(off)")
        }
    }

    @Test("Nothing is judged while a server listens for receipts, or never after that")
    func listening() async throws {
        let fleet = try await fleet()
        var settings = fleet.settings
        settings.listening = .seconds(2)
        let began = ContinuousClock.now
        let server = try ServerThreads(settings, count: 1)
        defer { server.stop() }
        let act = fleet.act("alice")
        let performed = try await server.run(
            for: alice, until: ContinuousClock.now + .seconds(60)
        ) { (database) throws(StoreError) in
            try database.perform(act, TestFleet.judge("123456"))
        }
        guard case .done = performed else { throw Trouble("\(performed)") }
        #expect(ContinuousClock.now - began >= .seconds(2))
    }

    /// How long a server of these settings listens. Each 50 ms a host of this name is heard.
    private func listening(
        to host: @escaping @Sendable (Int) -> String?, on fleet: TestFleet,
        _ change: (inout DatabaseSettings) -> Void
    ) async throws -> Duration {
        let act = fleet.act("alice")
        guard case .done(let done) = try fleet.server().perform(act, TestFleet.judge("123456")),
            let text = done.receipt?.text
        else { throw Trouble("no receipt") }
        var settings = fleet.settings
        settings.answerTime = .seconds(60)
        change(&settings)
        let began = ContinuousClock.now
        let server = try ServerThreads(settings, count: 1)
        defer { server.stop() }
        let hosts = Task {
            for number in 0..<10_000 {
                guard let name = host(number) else { return }
                server.state.hear(text, from: name)
                try await Task.sleep(for: .milliseconds(50))
            }
        }
        defer { hosts.cancel() }
        _ = try await server.run(
            for: alice, until: ContinuousClock.now + .seconds(60)
        ) { (database) throws(StoreError) in
            try database.look(act) { (_) throws(StoreError) in [] }
        }
        return ContinuousClock.now - began
    }

    @Test("A server does not wait for hosts that come late, or waits for ever, or for any other")
    func lateHosts() async throws {
        let fleet = try await fleet()
        // The same one again is not late.
        let late = try await listening(to: { _ in "web1" }, on: fleet) { settings in
            (settings.listening, settings.nextHost) = (.seconds(5), .seconds(8))
            settings.longestListening = .seconds(3600)
        }
        #expect(late >= .seconds(8))
        let many = try await listening(to: { "web\($0)" }, on: fleet) { settings in
            (settings.listening, settings.nextHost) = (.seconds(2), .seconds(3600))
            settings.longestListening = .seconds(4)
        }
        #expect(many >= .seconds(2))
        let nobody = try await listening(to: { _ in nil }, on: fleet) { settings in
            (settings.listening, settings.nextHost) = (.milliseconds(1), .seconds(3600))
            settings.longestListening = .seconds(3600)
        }
        #expect(nobody < .seconds(60))
    }

    @Test("Whoever was cut off from a database that ran on waits as if it had been restored")
    func cutOff() async throws {
        let fleet = try await fleet(), state = FleetState()
        func connect(listening: Duration, _ state: FleetState) throws(StoreError) {
            var settings = fleet.settings
            settings.listening = listening
            settings.answerTime = .seconds(25)
            try Database(settings, state: state).ready()
        }
        let long = Duration.seconds(3600)
        let listening = StoreError(.busy, [], "")
        #expect(throws: listening) { try connect(listening: long, state) }
        try connect(listening: .zero, state)
        try connect(listening: long, state)
        // Another server, which was not there.
        #expect(throws: listening) { try connect(listening: long, FleetState()) }
        // Tables that were filled anew: who knows with what.
        try fleet.cluster.primary.run(
            "CREATE TABLE public.copy AS SELECT * FROM swiftotp.audit", "TRUNCATE swiftotp.audit",
            "INSERT INTO swiftotp.audit OVERRIDING SYSTEM VALUE SELECT * FROM public.copy",
            in: fleet.database)
        #expect(throws: listening) { try connect(listening: long, state) }
    }
}
