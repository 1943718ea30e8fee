/// Whose certificate shows that a connection is a host's. A host has certificates of one authority
/// alone: one of the other authority with the same name is not its own.
public enum HostProof: Hashable, Sendable {
    /// The fleet's: how often the host had joined when it got it. Only certificates of the last time
    /// count.
    case fleet(generation: UInt64)
    /// The site's: when it began to count, in Unix seconds. Only certificates from the one on that
    /// the host joined with count.
    case site(start: UInt64)
}
