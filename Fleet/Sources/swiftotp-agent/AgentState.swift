import FleetNetwork
import FoundationEssentials
import OTPWire

/// The state of a running agent, as `status` shows it.
struct AgentState: Codable {
    /// A server.
    struct Server: Codable {
        var url: String
        /// `ready`, `not ready`, `silent` or `unknown`.
        var state: String
        /// Why it is not ready.
        var reason: String?
        /// How long ago it last answered, in seconds.
        var answered: Double?
    }

    var version: String
    var fleet: String
    var host: String
    /// When the certificate ends, and when it is renewed, in seconds since 1970.
    var certificateEnds: Int64
    var renewal: Int64
    var receipt: String?
    var servers: [Server]
    /// Why nobody can log in with an answer while no server is reached; `nil` if that works.
    var offlineTrouble: String?

    init(of client: FleetClient, offlineTrouble: String?) {
        let identity = client.credentials.identity
        version = Version.number
        (fleet, host) = (identity.fleet.text, identity.host.text)
        certificateEnds = AgentState.seconds(identity.end)
        renewal = AgentState.seconds(identity.renewal)
        receipt = client.receipt
        self.offlineTrouble = offlineTrouble
        servers = client.servers.map { server in
            let (state, reason) = AgentState.words(for: server.condition)
            return Server(
                url: server.url.description, state: state, reason: reason,
                answered: server.lastAnswer.map { (.now - $0) / .seconds(1) })
        }
    }

    /// In words.
    var text: String {
        var lines = [
            "Host \(host) in the fleet \(fleet)",
            "Certificate until \(AgentState.day(certificateEnds)), renewed on "
                + AgentState.day(renewal),
        ]
        for server in servers {
            var line = "\(server.url): \(server.state)"
            if let reason = server.reason { line += ": \(reason)" }
            if let answered = server.answered {
                line += ", answered \(Int(clamping: Int64(answered))) s ago"
            } else {
                line += ", never answered"
            }
            lines.append(line)
        }
        if let offlineTrouble { lines.append("No offline answers: \(offlineTrouble)") }
        return lines.joined(separator: "\n")
    }

    /// Whether a server is ready.
    var isReady: Bool { servers.contains { $0.state == "ready" } }

    private static func words(for condition: ServerState.Condition) -> (String, String?) {
        switch condition {
        case .unknown: ("unknown", nil)
        case .ready: ("ready", nil)
        case .notReady(let why): ("not ready", why)
        case .silent(let why): ("silent", why)
        }
    }

    private static func seconds(_ date: Date) -> Int64 {
        Int64(date.timeIntervalSince1970.rounded())
    }

    private static func day(_ seconds: Int64) -> String {
        Date(timeIntervalSince1970: Double(seconds)).formatted(.iso8601.year().month().day())
    }
}
