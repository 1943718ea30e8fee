import Crypto

/// What answers the hosts. The network part knows nothing of users or records.
public protocol FleetService: Sendable {
    /// A host's request; the body is passed on as it is.
    func answer(_ call: HostCall) async -> HostAnswer

    /// A host's heartbeat, with the newest receipt that it knows.
    func ping(host: String, proof: HostProof, receipt: String?) async -> PingAnswer

    /// A new host's request for a certificate. It has no certificate; the secret is all it has.
    func join(_ request: JoinRequest) async -> JoinAnswer

    /// A new host joins with the certificate of the site's authority that it shows, which says what
    /// it is called and began to count at `start`, in Unix seconds; `secret` is its invite's, 16
    /// bytes.
    func joinSite(host: String, start: UInt64, secret: [UInt8]) async -> JoinAnswer

    /// A host's request (PKCS#10, PEM) for the certificate of the fleet's after its present one.
    func renew(host: String, generation: UInt64, request: String) async -> JoinAnswer
}

/// A request of a host, whose certificate was verified.
public struct HostCall: Sendable {
    /// The host's name, from its certificate.
    public let host: String
    /// Whose certificate that is.
    public let proof: HostProof
    /// 16 random bytes: the same request has the same ones at each server.
    public let request: [UInt8]
    /// How long the host waits, 1 ms to 10 s.
    public let within: Duration
    /// The newest receipt that the host knows, at most 200 bytes.
    public let receipt: String?
    /// JSON of others, at most 32 KiB.
    public let body: [UInt8]

    public init(
        host: String, proof: HostProof, request: [UInt8], within: Duration, receipt: String?,
        body: [UInt8]
    ) {
        (self.host, self.proof, self.request) = (host, proof, request)
        (self.within, self.receipt, self.body) = (within, receipt, body)
    }

    /// What stands for the request, 16 bytes of SHA-256 over its id and its body: the same bytes have
    /// the same one at each server, and the same id with another body has another one.
    public var unit: [UInt8] {
        Array(SHA256.hash(data: request + body).prefix(WireFormat.idLength))
    }
}

/// The answer to a host. Each reason is one sentence.
public enum HostAnswer: Sendable, Equatable {
    /// Judged (200): JSON for the host, and the receipt if something was written.
    case answered([UInt8], receipt: String?)
    /// The host may not ask this (403).
    case refused(String)
    /// The host has had too many failures or refused commands, or asks too often (429).
    case overBudget
    /// Nothing can be judged now, or nobody knows whether it was (503).
    case unavailable(String)
    /// The request is not of a form that is understood (400).
    case malformed
}

/// Whether a server can judge.
public struct PingAnswer: Sendable, Equatable {
    /// Why it cannot; `nil` if it can.
    public let problem: String?
    /// Why the host may not ask at all (403); `nil` if it may.
    public let refusal: String?
    /// The newest receipt that the server knows.
    public let receipt: String?

    public init(problem: String? = nil, refusal: String? = nil, receipt: String? = nil) {
        (self.problem, self.refusal, self.receipt) = (problem, refusal, receipt)
    }
}

/// What a new host sends.
public struct JoinRequest: Sendable {
    /// The secret of its invite, 16 bytes. Compare `InviteToken.hash(of:)` of it.
    public let secret: [UInt8]
    /// Its request for a certificate (PKCS#10, PEM).
    public let request: String

    public init(secret: [UInt8], request: String) {
        (self.secret, self.request) = (secret, request)
    }
}

/// The answer to a request for a certificate.
public enum JoinAnswer: Sendable, Equatable {
    /// The certificate and the authority's, as PEM (`FleetAuthority.sign`).
    case certificate(String)
    /// It has joined under this name with the certificate that it has.
    case joined(host: String)
    /// Not given (403), and why, in a sentence for whoever joins.
    case refused(String)
    /// Not now (503), and why.
    case unavailable(String)
}
