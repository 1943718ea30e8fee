import Foundation
import OTPWire
import Testing

@testable import FleetNetwork
@testable import FleetStore

@Suite("What a running server says in its metrics")
struct MetricsTests {
    /// What the page of a server has, by its names; empty if there is none.
    private func scrape(_ port: Int) async -> [String: Double] {
        let page = try? await Built.run([
            "curl", "-s", "--max-time", "20", "http://127.0.0.1:\(port)/metrics",
        ])
        var found: [String: Double] = [:]
        for line in (page ?? "").split(separator: "\n") where !line.hasPrefix("#") {
            guard let blank = line.lastIndex(of: " ") else { continue }
            found[String(line[..<blank])] = Double(line[line.index(after: blank)...])
        }
        return found
    }

    /// Tries a code until it is judged; on a busy machine one may get no answer in time. How often
    /// that took.
    private func attempt(_ code: String, at fleet: LiveFleet) async throws -> Double {
        for count in 1...10 {
            if case .judged? = try? await fleet.judge(code, ofUser: 0) { return Double(count) }
        }
        throw Built.Failure(description: "nothing is judged")
    }

    private static func login(_ outcome: String) -> String {
        "swiftotp_attempts_total{kind=\"login\",outcome=\"\(outcome)\"}"
    }

    @Test("Logins, a foreign receipt, or a host that is there or in quarantine is counted wrongly")
    func story() async throws {
        let fleet = try await LiveFleet()
        let metrics = try LiveFleet.freePort()
        try await fleet.open(metricsPort: metrics)
        // One that the agent shows until it gets another.
        let receipt = "0.0.\(String(repeating: "5a", count: 24))\n"
        try PrivateFile.write(receipt, at: "\(fleet.folder)/state/receipt")
        // 50 failures are left, and from a time that is yet to come none comes back.
        try await fleet.sql(
            "UPDATE swiftotp.hosts SET budget = 300, budget_at = extract(epoch FROM now()) + 3600")
        try fleet.startAgent()
        try fleet.enroll(1)
        #expect(await eventually { await fleet.isReady() })
        let foreign = "swiftotp_receipts_refused_total{reason=\"foreign\"}"
        #expect(await eventually { await scrape(metrics)[foreign, default: 0] > 0 })
        #expect(
            await eventually {
                let now = await scrape(metrics)
                return now["swiftotp_failures_left"] == 50 && now["swiftotp_ready"] == 1
            })

        let wrong = try await attempt("000000", at: fleet)
        let code = LiveFleet.code
        _ = try await attempt(code, at: fleet)
        _ = try await attempt(code, at: fleet)
        let now = await scrape(metrics)
        #expect((1...wrong).contains(now[Self.login("wrong"), default: 0]), "\(now)")
        #expect(now[Self.login("granted")] == 1, "\(now)")
        #expect((1...30).contains(now[Self.login("refused"), default: 0]), "\(now)")
        #expect(now["swiftotp_hosts_alive"] == 1, "\(now)")
        // This fleet has no standby.
        #expect(now["swiftotp_replicated"] == 0, "\(now)")
        #expect((-1...5).contains(now["swiftotp_clock_offset_seconds", default: 9]), "\(now)")
        #expect(now["swiftotp_call_seconds_count", default: 0] >= 3, "\(now)")
        #expect(now["swiftotp_hosts_quarantined"] == 0, "\(now)")

        try await fleet.sql("UPDATE swiftotp.hosts SET budget = 0")
        #expect(
            await eventually {
                let now = await scrape(metrics)
                return now["swiftotp_hosts_quarantined"] == 1 && now["swiftotp_failures_left"] == 0
            })
        fleet.stop("agent")
        #expect(await eventually { await scrape(metrics)["swiftotp_hosts_alive"] == 0 })
    }

    /// A command of a user's about another one, or about themselves.
    private func ask(
        _ command: Command, by asking: Int = 0, about user: Int = 0, at fleet: LiveFleet
    ) async throws -> FleetReply.Result {
        let caller = FleetCaller(user: "user\(asking)", uid: 2000 + UInt32(asking), isRoot: false)
        return try await fleet.call(
            FleetCall(
                .command(request: Request(command), caller: caller), user: "user\(user)",
                uid: 2000 + UInt32(user)))
    }

    @Test("What is refused for want of a right is not counted, or by another reason")
    func refusals() async throws {
        let fleet = try await LiveFleet()
        let metrics = try LiveFleet.freePort()
        try await fleet.open(metricsPort: metrics, rights: "")
        try fleet.enroll(2)
        try fleet.startAgent()
        #expect(await eventually { await fleet.isReady() })
        @Sendable func count(_ reason: String) async -> Double {
            await scrape(metrics)["swiftotp_refusals_total{reason=\"\(reason)\"}", default: -1]
        }
        for reason in FleetCounts.Refusal.allCases {
            #expect(await count(reason.rawValue) == 0, "\(reason)")
        }

        _ = try await ask(.renewBackupCodes, at: fleet)
        _ = try await fleet.call(FleetCall(.newPlace, user: "user0", uid: 2000))
        _ = try await fleet.call(
            FleetCall(.bring(record: "", adds: false, rehearses: false), user: "bob", uid: 1000))
        #expect(await count("hostRight") >= 3)
        _ = try await ask(.unlock(after: nil), by: 1, at: fleet)
        #expect(await count("fleetRole") >= 1)
        try await fleet.server("hosts", "web17", "--rights", "admin")
        try await fleet.server("role", "user0", "admin")
        try await fleet.server("role", "user1", "helpdesk")
        // A right that was given counts within five seconds.
        #expect(
            await eventually {
                _ = try? await ask(.unlock(after: nil), by: 1, at: fleet)
                return await count("fleetProtected") >= 1
            })
        _ = try await ask(.unlock(after: nil), by: 0, about: 1, at: fleet)
        #expect(await count("ownProofNeeded") >= 1)
        // More than the audit gets.
        var answers = 0
        while answers < 1000, (try? await ask(.renewBackupCodes, at: fleet)) != nil { answers += 1 }
        #expect(await count("tooMany") >= 1, "\(answers) answers")
        try await fleet.sql(
            "UPDATE swiftotp.hosts SET budget = 0, budget_at = extract(epoch FROM now()) + 3600")
        _ = try? await fleet.judge("000000", ofUser: 0)
        #expect(await count("quarantine") >= 1)
    }
}
