import OTPCore
import OTPStore
import OTPWire

/// What swiftotp-agent says of the fleet and of this host's place in it, as findings.
struct FleetReport {
    private let state: AgentState
    private let options: Options
    private let now: Int64

    init(_ state: AgentState, _ options: Options) {
        (self.state, self.options) = (state, options)
        // Without a clock, which another check reports, nothing has ended.
        now = Int64(clamping: (try? SystemClock().now()) ?? 0)
    }

    /// All of it in one line.
    var about: String {
        let ready = state.servers.count { $0.condition == .ready }
        return "the fleet \(state.fleet): \(ready) of \(Words.count(state.servers.count, "server"))"
            + " ready, certificate until \(FleetReport.day(state.certificateEnds))"
    }

    /// What is wrong. That the certificate has ended, or that the host is refused, explains the rest.
    var findings: [Finding] {
        let causes: [Finding?] =
            if let ended { [ended] } else if let refused { [refused] } else { [servers, overdue] }
        return (causes + [otherVersion, offline, untold]).compactMap(\.self)
    }

    // MARK: Servers

    private var servers: Finding? {
        let (count, away) = (state.servers.count, state.servers.filter { $0.condition != .ready })
        guard !away.isEmpty else { return nil }
        // In the agent's words, which say what to mend.
        let list = away.map { server in
            "\(server.url): \(server.state)" + (server.reason.map { ": \($0)" } ?? "")
        }.joined(separator: "; ")
        guard away.count == count else {
            let verb = away.count == 1 ? "is" : "are"
            return Finding(
                .warning,
                "\(away.count) of \(count) servers of the fleet \(verb) not ready: \(list)",
                change: "swiftotp-agent status")
        }
        let who =
            options.offline == .deny
            ? "nobody of the fleet can log in" : "nobody of the fleet can log in but by `offline`"
        return Finding(
            .problem, "no server of the fleet is ready, so \(who): \(list)",
            change: "swiftotp-agent status")
    }

    private var refused: Finding? {
        guard let server = state.servers.first(where: { $0.condition == .refusing }) else {
            return nil
        }
        return Finding(
            .problem,
            "the fleet refuses this host, so nobody of it can log in:"
                + " \(server.reason ?? server.state); \(FleetReport.invite)",
            in: FleetCheck.key, change: join)
    }

    // MARK: The certificate

    private var ended: Finding? {
        guard now > state.certificateEnds else { return nil }
        let what =
            "the certificate of this host ended on \(FleetReport.day(state.certificateEnds)), so"
            + " nobody of the fleet can log in"
        if let file = state.siteCertificate {
            return Finding(.problem, "\(what), until the site renews it", in: file)
        }
        return Finding(
            .problem, "\(what); \(FleetReport.invite)", in: FleetCheck.key, change: join)
    }

    private var overdue: Finding? {
        guard state.isOverdue(at: now) else { return nil }
        return Finding(
            .warning,
            "the certificate of this host was to be renewed on \(FleetReport.day(state.renewal)),"
                + " and was not; from \(FleetReport.day(state.certificateEnds)) on nobody of the"
                + " fleet could log in",
            in: state.siteCertificate ?? FleetCheck.key, change: "journalctl -u swiftotp-agent")
    }

    private static let invite =
        "to join again, it needs a new invite (`swiftotp-server invite` on a server)"

    private var join: String {
        // Root copies it: what the agent says must mean nothing to a shell.
        let urls = state.servers.map(\.url)
        let servers =
            urls.allSatisfy(FleetReport.isPlain) ? urls.joined(separator: ",") : "https://SERVER"
        let files = state.siteCertificate == nil ? "" : " --certificate FILE --key FILE"
        return "swiftotp-agent join \(servers) --again --token TOKEN\(files)"
            + " && systemctl restart swiftotp-agent"
    }

    /// Whether a URL has nothing but letters, digits and what separates its parts.
    private static func isPlain(_ url: String) -> Bool {
        url.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"):
                true
            default: ":/.-[]".utf8.contains(byte)
            }
        }
    }

    // MARK: The agent itself

    private var otherVersion: Finding? {
        guard state.version != Version.number else { return nil }
        return Finding(
            .note,
            "swiftotp-agent runs in version \(state.version), and otp-enroll is \(Version.number):"
                + " if both are installed alike, restart it",
            change: "systemctl restart swiftotp-agent")
    }

    private var offline: Finding? {
        guard options.offline != .deny, let trouble = state.offlineTrouble else { return nil }
        return Finding(
            .warning, "while no server is reached, `offline` would let nobody in: \(trouble)")
    }

    private var untold: Finding? {
        guard let count = state.offlineUntold, count > 0 else { return nil }
        return Finding(
            .note,
            "no server was told yet of \(Words.count(count, "decision")) of the time without one",
            change: state.isReady ? "journalctl -u swiftotp-agent" : "")
    }

    private static func day(_ seconds: Int64) -> String {
        CivilTime(UInt64(clamping: seconds)).date
    }
}
