import Crypto
import FoundationEssentials
import NIOSSL
import SwiftASN1
import X509

/// What a host has after joining: its key and certificate, the fleet's authority, and the servers.
/// All of it is one text, and so one file, which is replaced at once or not at all; but the key and
/// the certificate of a host that has one of the site's authority are in `files`.
public struct HostCredentials: Sendable {
    /// The servers, in the order of preference.
    public let servers: [ServerURL]
    /// The authority.
    public let trust: FleetTrust
    /// Who the certificate says that this host is.
    public let identity: HostIdentity
    /// Where the site keeps key and certificate; `nil` if they are the fleet's.
    public let files: SiteFiles?
    /// The host's certificate, and what it shows besides.
    let chain: [Certificate]
    let key: Certificate.PrivateKey

    /// Makes them from a reply to join or renew: `chain` is the host's certificate and whatever
    /// follows it, as PEM.
    ///
    /// Throws unless the certificate is for `key`, of the authority, current, and a host's.
    init(
        servers: [ServerURL], trust: FleetTrust, chain: String, key: P256.Signing.PrivateKey,
        now: Date = Date()
    ) throws(FleetProblem) {
        let certificates = try PEMDocument.certificates(
            in: chain, or: "the host's certificate is damaged")
        guard let certificate = certificates.first else {
            throw FleetProblem("there is no certificate of this host")
        }
        guard certificate.publicKey == Certificate.PublicKey(key.publicKey) else {
            throw FleetProblem("the certificate is not for this host's key")
        }
        guard trust.hasSigned(certificate, at: now) else {
            throw HostCredentials.problem(of: certificate, trust)
        }
        let identity = try HostIdentity(verified: certificate)
        guard identity.fleet == trust.fleet else {
            throw FleetProblem("the certificate is for another fleet")
        }
        (self.servers, self.trust, self.identity) = (servers, trust, identity)
        (self.chain, self.key) = ([certificate], Certificate.PrivateKey(key))
        files = nil
    }

    /// Why a certificate is not accepted now.
    private static func problem(
        of certificate: Certificate, _ trust: FleetTrust
    ) -> FleetProblem {
        let (begin, end) = (certificate.notValidBefore, certificate.notValidAfter)
        guard trust.hasSigned(certificate, at: begin) else {
            return FleetProblem("the certificate is not of this fleet's authority")
        }
        return FleetProblem(
            "the certificate counts from \(begin.formatted(.iso8601)) to \(end.formatted(.iso8601)):"
                + " set the clock if it is wrong, or join again with `swiftotp-agent join --again`")
    }

    /// Reads the text of a file; `now` decides whether the certificate has ended.
    public init(text: String, now: Date = Date()) throws(FleetProblem) {
        var servers: [ServerURL] = []
        for line in text.split(separator: "\n") where line.hasPrefix(HostCredentials.serverKey) {
            servers += try ServerURL.list(String(line.dropFirst(HostCredentials.serverKey.count)))
        }
        guard !servers.isEmpty else { throw FleetProblem("the host's file names no server") }
        if let files = try HostCredentials.files(in: text) {
            try self.init(text: text, servers: servers, files, now: now)
            return
        }
        let found = try PEMDocument.all(in: text, "the host's file", 2)
        guard let own = found.certificates.first, let authority = found.certificates.last else {
            throw FleetProblem("the host's file is damaged")
        }
        let key = try working("the host's key is damaged") {
            try P256.Signing.PrivateKey(pemRepresentation: found.key)
        }
        try self.init(
            servers: servers, trust: try FleetTrust(certificate: authority), chain: own, key: key,
            now: now)
    }

    private static let serverKey = "Server: "

    /// The text for the file, with the key.
    public var text: String {
        let lines = servers.map { "\(HostCredentials.serverKey)\($0)\n" }.joined()
        return """
            # Host \(identity.host) of the fleet \(identity.fleet): its servers in the order of
            # preference, its key and its certificate, or where the site has those, and the
            # certificate of the fleet's authority.
            \(lines)
            \(files.map { HostCredentials.text(of: $0, identity) } ?? ownText)\(trust.text)
            """
    }

    private var ownText: String {
        let secret = (try? key.serializeAsPEM().pemString) ?? ""
        let certificates = chain.map { (try? $0.text()) ?? "" }.joined()
        return "\(secret)\n\(certificates)"
    }

    /// What TLS needs to call a server: 1.3 only, the server's certificate of the authority and
    /// for the name in its URL, and the host's own certificate.
    package func configuration() throws(FleetProblem) -> TLSConfiguration {
        var configuration = try trust.clientConfiguration()
        try configuration.show(chain, key)
        return configuration
    }

    /// The same host with the new certificate of a renewal.
    func renewed(chain: String, key: P256.Signing.PrivateKey) throws(FleetProblem)
        -> HostCredentials
    {
        let new = try HostCredentials(servers: servers, trust: trust, chain: chain, key: key)
        guard new.identity.host == identity.host else {
            throw FleetProblem("the new certificate is for another host")
        }
        return new
    }
}

extension FleetTrust {
    /// What TLS needs to call a server without a certificate.
    func clientConfiguration() throws(FleetProblem) -> TLSConfiguration {
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.minimumTLSVersion = .tlsv13
        configuration.maximumTLSVersion = .tlsv13
        configuration.certificateVerification = .fullVerification
        configuration.trustRoots = .certificates([try forTLS()])
        return configuration
    }
}

/// A request for a certificate, with a new key.
struct CertificateRequest {
    let key = P256.Signing.PrivateKey()

    /// The request, as PEM. It has no name: that is in the invite, or in the old certificate.
    func text() throws(FleetProblem) -> String {
        try working("the request for a certificate cannot be made") {
            try CertificateSigningRequest(
                version: .v1, subject: DistinguishedName {}, privateKey: .init(key),
                attributes: CertificateSigningRequest.Attributes(),
                signatureAlgorithm: .ecdsaWithSHA256
            ).serializeAsPEM().pemString
        }
    }
}
