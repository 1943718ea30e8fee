import Foundation
import OTPWire
import Testing

@testable import FleetNetwork

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
}
