import Glibc
import NIOSSL
import OTPCore
import SwiftASN1
import X509

/// Where the site keeps a host's certificate and key. Its own tool renews them there.
public struct SiteFiles: Equatable, Sendable {
    /// The path of the certificate, with those of other authorities below the root behind it.
    public let certificate: String
    /// The path of its key.
    public let key: String

    /// Throws unless both are paths that begin with `/`, without characters that a terminal acts on:
    /// root reads them in what the agent has written.
    public init(certificate: String, key: String) throws(FleetProblem) {
        for path in [certificate, key] {
            guard path.hasPrefix("/"), !path.unicodeScalars.contains(where: \.isSteering) else {
                throw FleetProblem("--certificate and --key take paths that begin with /")
            }
        }
        (self.certificate, self.key) = (certificate, key)
    }
}

/// What is in such files: a certificate of the site's authority, and its key.
public struct SiteCertificate: Sendable {
    let files: SiteFiles
    /// The host's first.
    let chain: [Certificate]
    let key: Certificate.PrivateKey

    private static let most = 8

    /// Reads the files. Root or `owner` alone may change the certificate; `owner` alone may read
    /// the key.
    ///
    /// Throws a sentence if others may, or unless the key is that of the certificate.
    public init(_ files: SiteFiles, for owner: uid_t) throws(FleetProblem) {
        let text = try PrivateFile.certificate(files.certificate, of: owner)
        chain = try PEMDocument.certificates(
            in: text, or: "\(files.certificate) is damaged, or has more than certificates")
        let keyText = try PrivateFile.key(files.key, of: owner)
        key = try working("\(files.key) is damaged, or no key that is understood") {
            try Certificate.PrivateKey(pemEncoded: keyText)
        }
        guard let own = chain.first, chain.count <= SiteCertificate.most else {
            throw FleetProblem("\(files.certificate) has no certificate, or too many")
        }
        guard own.publicKey == key.publicKey else {
            throw FleetProblem("the certificate in \(files.certificate) is not for \(files.key)")
        }
        self.files = files
    }
}

extension TLSConfiguration {
    /// Shows a host's certificate, and whatever is behind it.
    mutating func show(
        _ chain: [Certificate], _ key: Certificate.PrivateKey
    ) throws(FleetProblem) {
        let problem = "the host's key or certificate cannot be used"
        let certificates = try working(problem) { try chain.map { try $0.forTLS() } }
        let secret = try working(problem) {
            try NIOSSLPrivateKey(
                bytes: Array(key.serializeAsPEM().pemString.utf8), format: .pem)
        }
        certificateChain = certificates.map { .certificate($0) }
        privateKey = .privateKey(secret)
    }
}
