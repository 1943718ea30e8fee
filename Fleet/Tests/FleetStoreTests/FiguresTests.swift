import Foundation
import OTPCore
import Testing

@testable import FleetStore

/// `FLEET_FIGURES=1` measures; alone, and on a quiet machine.
@Suite(
    "How fast a fleet judges",
    .enabled(if: ProcessInfo.processInfo.environment["FLEET_FIGURES"] != nil, "only on request"))
struct FiguresTests {
    @Test("A login at a time of its own is refused")
    func figures() async throws {
        let cluster = try await Cluster.start(syncs: true)
        let fleet = try await TestFleet(on: cluster)
        let base = TestFleet.now, setup = fleet.server()
        for number in 0..<64 { try fleet.enroll("user\(number)", at: base, with: setup) }
        let server = try ServerThreads(fleet.settings, count: 16)
        var first = 1
        for callers in [1, 16, 64] {
            let began = ContinuousClock.now, start = first, rounds = callers == 1 ? 300 : 100
            let times = try await withThrowingTaskGroup(of: [Duration].self) { group in
                for number in 0..<callers {
                    group.addTask {
                        try await logins(
                            fleet, server, "user\(number)", base, start..<start + rounds)
                    }
                }
                return try await group.reduce(into: []) { $0 += $1 }.sorted()
            }
            first += rounds
            let seconds = (ContinuousClock.now - began) / .seconds(1)
            let rate = Int(Double(times.count) / seconds)
            let (middle, late) = (times[times.count / 2], times[times.count * 99 / 100])
            print("\(callers) callers: \(rate) a second, p50 \(middle), p99 \(late)")
        }
        server.stop()
        try cluster.end()
    }

    private func logins(
        _ fleet: TestFleet, _ server: ServerThreads, _ name: String, _ base: UInt64,
        _ steps: Range<Int>
    ) async throws -> [Duration] {
        let user = UserName(realm: TestFleet.realm, name: name)
        var times: [Duration] = []
        for step in steps {
            let now = base + 30 * UInt64(step)
            let act = fleet.act(name, at: now), code = TestFleet.code(at: now)
            let began = ContinuousClock.now
            let performed = try await server.run(for: user, until: began + .seconds(60)) {
                (database) throws(StoreError) in
                try database.perform(act, TestFleet.judge(code))
            }
            times.append(ContinuousClock.now - began)
            guard case .done(let done) = performed else { throw Trouble("\(performed)") }
            #expect(done.reply == Array("yes code".utf8))
        }
        return times
    }
}
