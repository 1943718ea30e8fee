/// The state of a running swiftotp-agent: its answer to an empty request, which `swiftotp-agent
/// status --json` prints (docs/PROTOCOL.md).
public struct AgentState: Codable, Equatable, Sendable {
    /// What the agent knows of a server.
    public enum Condition: String, CaseIterable, Sendable {
        /// It judges.
        case ready
        /// It answers, and cannot judge.
        case notReady = "not ready"
        /// It answers, and serves others: this host was revoked, for instance.
        case refusing = "refuses this host"
        /// It does not answer.
        case silent
        /// Nothing was heard of it yet.
        case unknown
    }

    /// A server.
    public struct Server: Codable, Equatable, Sendable {
        public var url: String
        /// A `Condition`; one of a later release may be another word.
        public var state: String
        /// Why it is not ready, or refuses.
        public var reason: String?
        /// How long ago it last answered, in seconds.
        public var answered: Double?

        public init(
            _ url: String, _ condition: Condition, reason: String? = nil, answered: Double? = nil
        ) {
            (self.url, state) = (url, condition.rawValue)
            (self.reason, self.answered) = (reason, answered)
        }

        /// What is known of it; `nil` for a word of a later release.
        public var condition: Condition? { Condition(rawValue: state) }
    }

    /// The release of the agent that runs.
    public var version: String
    public var fleet: String
    public var host: String
    /// When the certificate ends, and when it is renewed, in seconds since 1970.
    public var certificateEnds: Int64
    public var renewal: Int64
    public var receipt: String?
    public var servers: [Server]
    /// Why nobody can log in with an answer while no server is reached; `nil` if that works.
    public var offlineTrouble: String?
    /// How many decisions of the time without a server no server was told of yet; `nil` if the
    /// agent is of a release that does not say.
    public var offlineUntold: Int?
    /// The file of the certificate, if it is of the site's own authority: the site renews it there.
    public var siteCertificate: String?

    public init(
        version: String, fleet: String, host: String, certificateEnds: Int64, renewal: Int64,
        receipt: String?, servers: [Server], offlineTrouble: String?, offlineUntold: Int?,
        siteCertificate: String? = nil
    ) {
        (self.version, self.fleet, self.host) = (version, fleet, host)
        (self.certificateEnds, self.renewal) = (certificateEnds, renewal)
        (self.receipt, self.servers) = (receipt, servers)
        (self.offlineTrouble, self.offlineUntold) = (offlineTrouble, offlineUntold)
        self.siteCertificate = siteCertificate
    }

    /// Whether a server is ready.
    public var isReady: Bool { servers.contains { $0.condition == .ready } }

    /// Whether the certificate should have been renewed a while before `now`: a tenth of the time
    /// that is left then, a day of ten.
    public func isOverdue(at now: Int64) -> Bool {
        let left = Double(certificateEnds) - Double(renewal)
        return Double(now) > Double(renewal) + left / 10
    }
}
