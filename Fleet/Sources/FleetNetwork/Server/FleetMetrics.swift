import FoundationEssentials
import NIOConcurrencyHelpers

/// What the server counts, as text in the format of Prometheus.
final class FleetMetrics: Sendable {
    /// The upper bounds of the histogram, in milliseconds.
    private static let bounds = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000]

    private struct Key: Hashable { var (route, status): (String, Int) }

    private struct State {
        var requests: [Key: UInt64] = [:]
        /// For each bound, and above the last; of calls only.
        var latency = [UInt64](repeating: 0, count: FleetMetrics.bounds.count + 1)
        var total = Duration.zero
        var (serverEnd, authorityEnd) = (Date.distantPast, Date.distantPast)
    }

    private let state = NIOLockedValueBox(State())

    /// Counts a request and its time.
    func count(route: String, status: Int, took time: Duration) {
        state.withLockedValue { state in
            state.requests[Key(route: route, status: status), default: 0] &+= 1
            guard route == "call" else { return }
            let index = FleetMetrics.bounds.firstIndex { time <= .milliseconds($0) }
            state.latency[index ?? FleetMetrics.bounds.count] &+= 1
            state.total += time
        }
    }

    /// Notes when the certificates end.
    func note(serverEnd: Date, authorityEnd: Date) {
        state.withLockedValue { ($0.serverEnd, $0.authorityEnd) = (serverEnd, authorityEnd) }
    }

    /// The text, while so many hosts are connected.
    func text(hosts: Int) -> String {
        let state = state.withLockedValue { $0 }
        var lines = ["# TYPE swiftotp_requests_total counter"]
        lines += state.requests.map { key, count in
            "swiftotp_requests_total{route=\"\(key.route)\",status=\"\(key.status)\"} \(count)"
        }.sorted()
        lines.append("# TYPE swiftotp_call_seconds histogram")
        var sum: UInt64 = 0
        for (bound, count) in zip(FleetMetrics.bounds, state.latency) {
            sum &+= count
            let seconds = Double(bound) / 1000
            lines.append("swiftotp_call_seconds_bucket{le=\"\(seconds)\"} \(sum)")
        }
        sum &+= state.latency.last ?? 0
        lines.append("swiftotp_call_seconds_bucket{le=\"+Inf\"} \(sum)")
        lines.append("swiftotp_call_seconds_sum \(state.total / .seconds(1))")
        lines.append("swiftotp_call_seconds_count \(sum)")
        lines.append("# TYPE swiftotp_hosts_alive gauge")
        lines.append("swiftotp_hosts_alive \(hosts)")
        lines.append("# TYPE swiftotp_certificate_end_seconds gauge")
        for (name, end) in [("server", state.serverEnd), ("authority", state.authorityEnd)] {
            let seconds = Int64(clamping: Int(end.timeIntervalSince1970.rounded()))
            lines.append("swiftotp_certificate_end_seconds{certificate=\"\(name)\"} \(seconds)")
        }
        return lines.joined(separator: "\n") + "\n"
    }
}
