import FoundationEssentials
import NIOSSL
import SwiftASN1
import X509

/// A server's key and certificate.
public struct ServerIdentity: Sendable {
    let certificate: Certificate
    private let authority: Certificate
    /// The key, as PKCS#8 PEM.
    public let key: String

    init(certificate: Certificate, authority: Certificate, key: String) {
        (self.certificate, self.authority, self.key) = (certificate, authority, key)
    }

    /// One that was made before: certificate and authority, and the key, as PEM.
    ///
    /// Throws if something is damaged.
    public init(chain: String, key: String) throws(FleetProblem) {
        let found = try PEMDocument.certificates(
            in: chain, or: "the server's certificate is damaged")
        guard found.count == 2, let certificate = found.first, let authority = found.last
        else { throw FleetProblem("the server's certificate comes without its authority's") }
        self.init(certificate: certificate, authority: authority, key: key)
    }

    /// The certificate and the authority's, as PEM. The authority's is sent to clients too: whoever
    /// joins knows only its hash.
    public var chain: String {
        ((try? certificate.text()) ?? "") + ((try? authority.text()) ?? "")
    }

    /// Key and certificates, for one file of the server's own (`PrivateFile`).
    public var text: String { "\(key)\n\(chain)" }

    /// Reads `text` again.
    ///
    /// Throws if it is damaged.
    public init(text: String) throws(FleetProblem) {
        let found = try PEMDocument.all(in: text, "the server's file", 2)
        try self.init(chain: found.certificates.joined(separator: "\n"), key: found.key)
    }

    /// When the certificate ends.
    public var end: Date { certificate.notValidAfter }

    /// What TLS needs to serve hosts of `authorities`: 1.3 only, and a client's certificate is asked
    /// for, and verified if there is one.
    func configuration(
        trusting authorities: HostAuthorities
    ) throws(FleetProblem) -> TLSConfiguration {
        let roots = try authorities.forTLS()
        return try working("the server's key or certificate cannot be used") {
            var configuration = TLSConfiguration.makeServerConfiguration(
                certificateChain: try NIOSSLCertificate.fromPEMBytes(Array(chain.utf8))
                    .map { .certificate($0) },
                privateKey: .privateKey(try NIOSSLPrivateKey(bytes: Array(key.utf8), format: .pem)))
            configuration.minimumTLSVersion = .tlsv13
            configuration.maximumTLSVersion = .tlsv13
            configuration.certificateVerification = .optionalVerification
            configuration.trustRoots = .certificates(roots)
            return configuration
        }
    }
}
