import Crypto
import FoundationEssentials
import SwiftASN1
import X509

/// The fleet's own certificate authority: it signs the certificates of servers and hosts.
public struct FleetAuthority: Sendable {
    /// How long certificates count, in seconds.
    public enum Lifetime {
        public static let authority: TimeInterval = 3650 * 86_400
        public static let server: TimeInterval = 365 * 86_400
        public static let host: TimeInterval = 30 * 86_400
    }

    /// How far a host's clock may be behind ours, in seconds.
    static let skew: TimeInterval = 86_400
    /// The longest request for a certificate, in bytes.
    private static let longestRequest = 4096

    /// The fleet's name.
    public let fleet: FleetName
    let certificate: Certificate
    let key: P256.Signing.PrivateKey

    /// A new authority for the fleet `name`, with a new key.
    ///
    /// Throws if the name is not a `FleetName`.
    public static func make(
        _ name: String, now: Date = Date(), lifetime: TimeInterval = Lifetime.authority
    ) throws(FleetProblem) -> FleetAuthority {
        guard let fleet = FleetName(name) else {
            throw FleetProblem("\"\(name)\" cannot be the fleet's name: \(FleetName.rule)")
        }
        let key = P256.Signing.PrivateKey()
        return try working("the authority's certificate cannot be made") {
            let subject = try DistinguishedName { CommonName("swiftotp fleet \(fleet)") }
            let certificate = try Certificate(
                version: .v3, serialNumber: .init(), publicKey: .init(key.publicKey),
                notValidBefore: now - skew, notValidAfter: now + lifetime, issuer: subject,
                subject: subject,
                extensions: try Certificate.Extensions {
                    Critical(BasicConstraints.isCertificateAuthority(maxPathLength: 0))
                    Critical(KeyUsage(keyCertSign: true, cRLSign: true))
                    SubjectKeyIdentifier(hash: .init(key.publicKey))
                    SubjectAlternativeNames([
                        .uniformResourceIdentifier(HostIdentity.uri(fleet: fleet))
                    ])
                }, issuerPrivateKey: .init(key))
            return FleetAuthority(fleet: fleet, certificate: certificate, key: key)
        }
    }

    init(fleet: FleetName, certificate: Certificate, key: P256.Signing.PrivateKey) {
        (self.fleet, self.certificate, self.key) = (fleet, certificate, key)
    }

    /// An authority that was made before: its certificate, and its key as PKCS#8, both as PEM.
    ///
    /// Throws if one of them is damaged, or if they do not belong together.
    public init(certificate: String, key: String) throws(FleetProblem) {
        let found = try FleetTrust(certificate: certificate)
        let key = try working("the authority's key is damaged") {
            try P256.Signing.PrivateKey(pemRepresentation: key)
        }
        guard Certificate.PublicKey(key.publicKey) == found.certificate.publicKey else {
            throw FleetProblem("the authority's key is not that of its certificate")
        }
        self.init(fleet: found.fleet, certificate: found.certificate, key: key)
    }

    /// What hosts know of the authority.
    public var trust: FleetTrust { FleetTrust(fleet: fleet, certificate: certificate) }

    /// The key, as PKCS#8 PEM. Whoever has it can be any host and any server.
    public var keyText: String { key.pemRepresentation }

    /// The certificate, as PEM.
    public var certificateText: String { trust.text }

    /// Key and certificate, for one file of root's or of the server's own (`PrivateFile`).
    public var text: String { "\(keyText)\n\(certificateText)" }

    /// Reads `text` again.
    ///
    /// Throws if it is damaged.
    public init(text: String) throws(FleetProblem) {
        let found = try PEMDocument.all(in: text, "the authority's file", 1)
        try self.init(certificate: found.certificates.joined(), key: found.key)
    }

    // MARK: Signing

    /// A certificate for a server that is reached by any of `names`: DNS names or addresses.
    ///
    /// Throws if there is no name, or if one is neither.
    public func serverIdentity(
        names: [String], now: Date = Date(), lifetime: TimeInterval = Lifetime.server
    ) throws(FleetProblem) -> ServerIdentity {
        guard !names.isEmpty else { throw FleetProblem("a server needs a name") }
        var found: [GeneralName] = []
        for name in names { found.append(try ServerName.general(name)) }
        let key = P256.Signing.PrivateKey()
        let certificate = try sign(
            .init(key.publicKey), subject: names.first ?? "", found, for: .serverAuth, now, lifetime
        )
        return ServerIdentity(
            certificate: certificate, authority: self.certificate, key: key.pemRepresentation)
    }

    /// A certificate for `host`, which has joined `generation` times, for the key of a request
    /// (PKCS#10, PEM); nothing else in the request counts. Returns the certificate and the
    /// authority's, as PEM.
    ///
    /// Throws if the name is not a `FleetName`, if the request is damaged or not signed with its
    /// own key, or if the key is not of P-256.
    public func sign(
        request: String, host name: String, generation: UInt64, now: Date = Date(),
        lifetime: TimeInterval = Lifetime.host
    ) throws(FleetProblem) -> String {
        guard let host = FleetName(name) else {
            throw FleetProblem("\"\(name)\" cannot be a host's name: \(FleetName.rule)")
        }
        guard request.utf8.count <= FleetAuthority.longestRequest else {
            throw FleetProblem("the request for a certificate is too long")
        }
        let parsed = try working("the request for a certificate is damaged") {
            try CertificateSigningRequest(pemEncoded: request)
        }
        guard P256.Signing.PublicKey(parsed.publicKey) != nil else {
            throw FleetProblem("the key in the request is not of P-256")
        }
        guard parsed.publicKey.isValidSignature(parsed.signature, for: parsed) else {
            throw FleetProblem("the request is not signed with its own key")
        }
        let uri = HostIdentity.uri(fleet: fleet, host: host, generation: generation)
        let certificate = try sign(
            parsed.publicKey, subject: host.text, [.uniformResourceIdentifier(uri)],
            for: .clientAuth, now, lifetime)
        return try certificate.text() + certificateText
    }

    private func sign(
        _ publicKey: Certificate.PublicKey, subject: String, _ names: [GeneralName],
        for usage: ExtendedKeyUsage.Usage, _ now: Date, _ lifetime: TimeInterval
    ) throws(FleetProblem) -> Certificate {
        try working("the certificate cannot be made") {
            try Certificate(
                version: .v3, serialNumber: .init(), publicKey: publicKey,
                notValidBefore: now - FleetAuthority.skew,
                notValidAfter: min(now + lifetime, certificate.notValidAfter),
                issuer: certificate.subject,
                subject: try DistinguishedName { CommonName(subject) },
                extensions: try Certificate.Extensions {
                    Critical(BasicConstraints.notCertificateAuthority)
                    Critical(KeyUsage(digitalSignature: true))
                    try ExtendedKeyUsage([usage])
                    SubjectAlternativeNames(names)
                    AuthorityKeyIdentifier(
                        keyIdentifier: SubjectKeyIdentifier(hash: certificate.publicKey)
                            .keyIdentifier)
                }, issuerPrivateKey: .init(key))
        }
    }
}
