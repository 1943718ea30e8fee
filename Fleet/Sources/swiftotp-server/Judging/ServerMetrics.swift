import FleetStore
import OTPStore

/// What a server has counted, and what it knows of its database and its hosts, as text in the format
/// of Prometheus. The database is not asked for it.
struct ServerMetrics {
    private let isReady: Bool
    private let counts: FleetCounts.Values
    /// How many failures each host has left.
    private let failuresLeft: [Int64]

    init(of state: FleetState, isReady: Bool) {
        self.isReady = isReady
        counts = state.counts.values
        failuresLeft = (try? SystemClock().now()).map { state.failuresLeft(at: $0) } ?? []
    }

    /// The text. What is not known yet has no value.
    var text: String {
        var lines: [String] = []
        func add(_ name: String, _ type: String, _ values: [String]) {
            lines.append("# TYPE swiftotp_\(name) \(type)")
            lines += values.map { "swiftotp_\(name)\($0)" }
        }
        add("ready", "gauge", [" \(isReady ? 1 : 0)"])
        let attempts = counts.judged.map { judged, count in
            "{kind=\"\(judged.kind)\",outcome=\"\(judged.outcome.rawValue)\"} \(count)"
        }
        add("attempts_total", "counter", attempts.sorted())
        add("conflicts_total", "counter", [" \(counts.conflicts)"])
        add("unknowns_total", "counter", [" \(counts.unknowns)"])
        let receipts = FleetCounts.ReceiptFault.allCases.map { fault in
            "{reason=\"\(fault.rawValue)\"} \(counts.receipts[fault, default: 0])"
        }
        add("receipts_refused_total", "counter", receipts)
        let refusals = FleetCounts.Refusal.allCases.map { refusal in
            "{reason=\"\(refusal.rawValue)\"} \(counts.refusals[refusal, default: 0])"
        }
        add("refusals_total", "counter", refusals)
        add("replicated", "gauge", counts.isReplicated.map { [" \($0 ? 1 : 0)"] } ?? [])
        add("clock_offset_seconds", "gauge", counts.clockOffset.map { [" \($0)"] } ?? [])
        add("hosts_quarantined", "gauge", [" \(failuresLeft.count { $0 == 0 })"])
        add("failures_left", "gauge", failuresLeft.min().map { [" \($0)"] } ?? [])
        return lines.joined(separator: "\n") + "\n"
    }
}
