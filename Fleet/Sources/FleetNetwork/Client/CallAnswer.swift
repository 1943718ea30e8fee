/// How a request to the fleet ended, for the host. Sentences are for the log.
public enum CallAnswer: Sendable, Equatable {
    /// Judged: JSON for whoever asked.
    case answered([UInt8])
    /// No server is reached.
    case unreachable(String)
    /// The servers do not serve this host, or not this request.
    case refused(String)
    /// The host has had too many failures or refused commands, or asks too often.
    case overBudget(String)
    /// Servers are reached, and cannot judge; or one was reached, and nobody knows whether it did.
    case unavailable(String)
    /// The request is not understood.
    case malformed(String)
}
