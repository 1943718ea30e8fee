import NIOConcurrencyHelpers

/// Who is at the other end of a connection, once the TLS handshake is over.
final class ConnectionPeer: Sendable {
    /// What the certificate says.
    enum Presented: Sendable {
        /// There is none.
        case nobody
        /// A host of this fleet.
        case host(HostIdentity)
        /// A certificate of an authority that is not a host's; a sentence says why.
        case other(String)
    }

    private let box = NIOLockedValueBox(
        (presented: Presented.nobody, isAccepted: false, isRefused: false))

    /// What the certificate says.
    var presented: Presented {
        get { box.withLockedValue { $0.presented } }
        set { box.withLockedValue { $0.presented = newValue } }
    }

    /// Whether the service has answered it as a host: the certificate is the host's own.
    var isAccepted: Bool {
        get { box.withLockedValue { $0.isAccepted } }
        set { box.withLockedValue { $0.isAccepted = newValue } }
    }

    /// Whether it may not ask, and the connection ends with the answer that says so.
    var isRefused: Bool {
        get { box.withLockedValue { $0.isRefused } }
        set { box.withLockedValue { $0.isRefused = newValue } }
    }
}
