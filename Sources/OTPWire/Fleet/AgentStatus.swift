/// How a request to the fleet ended: the first byte of swiftotp-agent's reply. The rest is the
/// fleet's answer, or else a sentence for the log.
public enum AgentStatus: UInt8, CaseIterable, Sendable {
    /// The servers answered.
    case answered = 0
    /// No server is reached.
    case unreachable = 1
    /// The servers refuse this host, or this request.
    case refused = 2
    /// The host has had too many failures or refused commands, or asks too often.
    case overBudget = 3
    /// The servers cannot judge now, or nobody knows whether they did.
    case unavailable = 4
    /// The request is not understood.
    case malformed = 5
}
