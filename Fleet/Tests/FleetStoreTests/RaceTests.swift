import Foundation
import OTPCore
import Synchronization
import Testing

@testable import FleetStore

@Suite("Of many who try one code at once, one gets in", .serialized)
struct RaceTests {
    /// `FLEET_ROUNDS=200` for the long form.
    private static var rounds: Int {
        ProcessInfo.processInfo.environment["FLEET_ROUNDS"].flatMap { Int($0) } ?? 20
    }

    enum Kind: CaseIterable { case code, backupCode, temporaryCode }

    @Test("A code lets several in at once, or nobody", arguments: Kind.allCases)
    func once(kind: Kind) async throws {
        let fleet = try await TestFleet(on: Cluster.shared())
        let racers = Racers(count: 64, on: fleet)
        defer { racers.stop() }
        for round in 0..<Self.rounds {
            let now = TestFleet.now, name = "user\(round)"
            let server = fleet.server()
            let codes = try fleet.enroll(name, at: now, with: server)
            // So many failures would put the host into quarantine.
            #expect(try server.release(host: "web1", by: TestFleet.admin))
            let code =
                switch kind {
                case .code: TestFleet.code(at: now)
                case .backupCode: codes.backup[round % 10]
                case .temporaryCode: codes.temporary
                }
            let heard = await racers.race { fleet.outcome(name, code, on: $0, at: now) }
            #expect(heard.count { $0.hasPrefix("yes") } == 1, "\(heard)")
            // Whoever met too many others, or a standby that is late on a busy machine, is told that
            // it cannot be checked, and nothing else is.
            let others = heard.filter { !$0.hasPrefix("yes") && !$0.hasPrefix("no ") }
            let known = ["keeps being changed", "no standby confirms"]
            #expect(others.allSatisfy { text in known.contains { text.contains($0) } }, "\(others)")
            var query = AuditQuery()
            query.user = UserName(realm: TestFleet.realm, name: name)
            let logins = try server.audit(query).filter { $0.kind == "login" }
            #expect(logins.count { $0.granted } == 1, "\(logins)")
        }
    }
}
