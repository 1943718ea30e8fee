/// What a host knows of a server.
public struct ServerState: Sendable, Equatable {
    /// What the last heartbeat, or the last request, showed.
    public enum Condition: Sendable, Equatable {
        /// Nothing was heard of it yet.
        case unknown
        /// It judges.
        case ready
        /// It answers, and cannot judge; a sentence says why.
        case notReady(String)
        /// It answers, and refuses this host; a sentence says why.
        case refusing(String)
        /// It does not answer; a sentence says why.
        case silent(String)
    }

    /// Where it is.
    public let url: ServerURL
    /// What is known of it.
    public internal(set) var condition = Condition.unknown
    /// When a heartbeat was last answered.
    public internal(set) var lastAnswer: ContinuousClock.Instant?

    init(_ url: ServerURL) { self.url = url }

    /// Whether it refuses this host.
    var isRefusing: Bool {
        if case .refusing = condition { true } else { false }
    }
}
