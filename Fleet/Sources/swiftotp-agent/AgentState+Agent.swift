import FleetNetwork
import FoundationEssentials
import OTPWire

// The state of this agent, and how `status` shows one.
extension AgentState {
    init(of client: FleetClient, _ offline: OfflineDesk) {
        let credentials = client.credentials
        let identity = credentials.identity
        self.init(
            version: Version.number, fleet: identity.fleet.text, host: identity.host.text,
            certificateEnds: AgentState.seconds(identity.end),
            renewal: AgentState.seconds(identity.renewal), receipt: client.receipt,
            servers: client.servers.map { Server($0) }, offlineTrouble: offline.trouble,
            offlineUntold: offline.untold, siteCertificate: credentials.files?.certificate)
    }

    /// In words.
    var text: String {
        var lines = [
            "Host \(host) in the fleet \(fleet)",
            "Certificate until \(AgentState.day(certificateEnds)), \(renewed)",
        ]
        for server in servers {
            var line = "\(server.url): \(server.state)"
            if let reason = server.reason { line += ": \(reason)" }
            if let answered = server.answered {
                line += ", answered \(Int64(exactly: answered.rounded(.down)) ?? 0) s ago"
            } else {
                line += ", never answered"
            }
            lines.append(line)
        }
        if let offlineTrouble { lines.append("No offline answers: \(offlineTrouble)") }
        if let offlineUntold, offlineUntold > 0 {
            lines.append("Offline decisions not told yet: \(offlineUntold)")
        }
        return lines.joined(separator: "\n")
    }

    private var renewed: String {
        let isLate = isOverdue(at: AgentState.now)
        if let siteCertificate {
            return "\(isLate ? "not " : "")renewed by the site in \(siteCertificate)"
        }
        let day = AgentState.day(renewal)
        return isLate ? "not renewed since \(day); the log says why" : "renewed on \(day)"
    }

    /// The time, in seconds since 1970.
    static var now: Int64 { seconds(Date()) }

    private static func seconds(_ date: Date) -> Int64 {
        Int64(date.timeIntervalSince1970.rounded())
    }

    private static func day(_ seconds: Int64) -> String {
        Date(timeIntervalSince1970: Double(seconds)).formatted(.iso8601.year().month().day())
    }
}

extension AgentState.Server {
    fileprivate init(_ server: ServerState) {
        let (condition, reason) = AgentState.Server.words(for: server.condition)
        self.init(
            server.url.description, condition, reason: reason,
            answered: server.lastAnswer.map { (.now - $0) / .seconds(1) })
    }

    private static func words(
        for condition: ServerState.Condition
    ) -> (AgentState.Condition, String?) {
        switch condition {
        case .unknown: (.unknown, nil)
        case .ready: (.ready, nil)
        case .notReady(let why): (.notReady, why)
        case .refusing(let why): (.refusing, why)
        case .silent(let why): (.silent, why)
        }
    }
}
