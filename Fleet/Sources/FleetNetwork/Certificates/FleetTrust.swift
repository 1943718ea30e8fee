import Crypto
import FoundationEssentials
import NIOSSL
import SwiftASN1
import X509

/// The authority as everybody may know it: its certificate.
public struct FleetTrust: Sendable {
    /// The fleet's name.
    public let fleet: FleetName
    let certificate: Certificate

    init(fleet: FleetName, certificate: Certificate) {
        (self.fleet, self.certificate) = (fleet, certificate)
    }

    /// An authority's certificate, as PEM.
    ///
    /// Throws if it is damaged, or not the certificate of a fleet.
    public init(certificate text: String) throws(FleetProblem) {
        let certificate = try working("the authority's certificate is damaged") {
            try Certificate(pemEncoded: text)
        }
        try self.init(certificate)
    }

    init(_ certificate: Certificate) throws(FleetProblem) {
        guard let fleet = HostIdentity.fleet(of: certificate) else {
            throw FleetProblem("the authority's certificate is not that of a fleet")
        }
        guard case .isCertificateAuthority? = try? certificate.extensions.basicConstraints,
            certificate.publicKey.isValidSignature(certificate.signature, for: certificate)
        else { throw FleetProblem("the authority's certificate is not signed by itself") }
        self.init(fleet: fleet, certificate: certificate)
    }

    /// The certificate, as PEM.
    public var text: String { (try? certificate.text()) ?? "" }

    /// SHA-256 of the certificate, 32 bytes, as an invite has it.
    public var hash: [UInt8] { certificate.sha256 }

    /// When the certificate ends.
    public var end: Date { certificate.notValidAfter }

    /// For TLS.
    func forTLS() throws(FleetProblem) -> NIOSSLCertificate {
        try working("the authority's certificate cannot be used") { try certificate.forTLS() }
    }

    /// Whether it signed `certificate`.
    func hasSigned(_ certificate: Certificate) -> Bool {
        certificate.issuer == self.certificate.subject
            && self.certificate.publicKey.isValidSignature(certificate.signature, for: certificate)
    }

    /// Whether it signed `certificate`, which counts at `now`.
    func hasSigned(_ certificate: Certificate, at now: Date) -> Bool {
        hasSigned(certificate)
            && certificate.notValidBefore <= now && now <= certificate.notValidAfter
    }
}

extension Certificate {
    /// As PEM, with a line break at the end.
    func text() throws(FleetProblem) -> String {
        try working("a certificate cannot be written") { try serializeAsPEM().pemString + "\n" }
    }

    /// For TLS.
    func forTLS() throws -> NIOSSLCertificate {
        try NIOSSLCertificate(bytes: Array(text().utf8), format: .pem)
    }

    /// SHA-256 of its DER, 32 bytes; of nothing if that cannot be had, which no invite has.
    var sha256: [UInt8] {
        var serializer = DER.Serializer()
        try? serializer.serialize(self)
        return Array(SHA256.hash(data: serializer.serializedBytes))
    }
}
