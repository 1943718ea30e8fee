import NIOCore

/// Where and how a server listens.
public struct ServerSettings: Sendable {
    /// The address to listen on, or a name that has one.
    public var address = "0.0.0.0"
    /// The port; 0 for any.
    public var port = ServerURL.defaultPort
    /// How many connections may be open; more wait until one is closed. The last quarter is for
    /// hosts alone.
    public var connections = 10_000
    /// How many connections one host may have.
    public var hostConnections = 64
    /// How many connections one address may have that has not shown a host's certificate.
    public var strangerConnections = 256
    /// How many calls of one host are answered in a second; after a quiet while, ten times as many at
    /// once.
    public var hostRate = 50
    /// How long a client may take for the TLS handshake.
    public var handshake = TimeAmount.seconds(5)
    /// How long a client may take for its request, from the first byte to the last.
    public var request = TimeAmount.seconds(5)
    /// How long a request may take to be answered, with sending the answer.
    public var answer = TimeAmount.seconds(20)
    /// How long a connection of a host may be idle.
    public var idle = TimeAmount.seconds(60)
    /// How long a connection may be idle that has no certificate, or none that is known to be a host's.
    public var strangerIdle = TimeAmount.seconds(5)
    /// The port on loopback where metrics are read; `nil` for none, 0 for any.
    public var metricsPort: Int?

    public init() {}
}
