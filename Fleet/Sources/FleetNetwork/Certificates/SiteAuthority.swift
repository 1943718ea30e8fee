import NIOSSL
import SwiftASN1
import X509

/// The site's own authority, which may sign the certificates of hosts in place of the fleet's.
/// Anything that it has not signed just so is no host's certificate.
public struct SiteAuthority: Sendable {
    private let certificates: [Certificate]
    private let suffix: String

    private static let most = 16

    /// The authority's own certificates, 1 to 16, as PEM, and what follows the host's name in the
    /// DNS name of a host: `.example.com`, or nothing.
    ///
    /// Throws if a certificate is damaged or not an authority's own, or if the suffix is none.
    public init(certificates text: String, suffix: String) throws(FleetProblem) {
        let found = try PEMDocument.certificates(in: text, or: "the site's authority is damaged")
        guard (1...SiteAuthority.most).contains(found.count) else {
            throw FleetProblem("the site's authority has no certificate, or too many")
        }
        for certificate in found {
            guard try SiteAuthority.isAuthority(certificate),
                certificate.issuer == certificate.subject
            else {
                throw FleetProblem(
                    "a certificate of the site's authority is not one of an authority by itself"
                        + " (a root); hosts send those below it")
            }
        }
        guard SiteAuthority.isSuffix(suffix) else {
            throw FleetProblem("\"\(suffix)\" is not of the form .example.com")
        }
        (certificates, self.suffix) = (found, suffix)
    }

    /// Whether names may end so: `.` and a DNS name, or nothing.
    public static func isSuffix(_ text: String) -> Bool {
        if text.isEmpty { return true }
        guard text.hasPrefix(".") else { return false }
        guard case .dnsName? = try? ServerName.general(String(text.dropFirst())) else {
            return false
        }
        return true
    }

    /// For TLS.
    func forTLS() throws(FleetProblem) -> [NIOSSLCertificate] {
        try working("the site's authority cannot be used") {
            try certificates.map { try $0.forTLS() }
        }
    }

    /// Whether one of its certificates has the name of another authority, as TLS compares names:
    /// whatever the case and the spaces are.
    func hasName(of other: Certificate) -> Bool {
        certificates.contains {
            SiteAuthority.compared($0.subject) == SiteAuthority.compared(other.subject)
        }
    }

    private static func compared(_ name: DistinguishedName) -> String {
        "\(name)".lowercased().filter { !$0.isWhitespace }
    }

    /// The host of `fleet` that a certificate is for. TLS has verified it by one of `certificates`.
    ///
    /// Throws a sentence if it is not a host's.
    func identity(
        verified certificate: Certificate, of fleet: FleetName
    ) throws(FleetProblem) -> HostIdentity {
        guard try !SiteAuthority.isAuthority(certificate) else {
            throw FleetProblem("the site's certificate is an authority's")
        }
        guard let usages = try? certificate.extensions.extendedKeyUsage,
            usages.contains(.clientAuth)
        else { throw FleetProblem("the site's certificate is not for clients (clientAuth)") }
        let host = try host(in: SiteAuthority.onlyName(of: certificate))
        return HostIdentity(host, of: fleet, bySite: certificate)
    }

    private static func isAuthority(_ certificate: Certificate) throws(FleetProblem) -> Bool {
        let constraints = try working("the site's certificate cannot be read") {
            try certificate.extensions.basicConstraints
        }
        guard case .isCertificateAuthority? = constraints else { return false }
        return true
    }

    /// The only DNS name. Names of other kinds beside it do not count, but none may be one that the
    /// fleet's authority gives.
    private static func onlyName(of certificate: Certificate) throws(FleetProblem) -> String {
        let names = try working("the site's certificate cannot be read") {
            try certificate.extensions.subjectAlternativeNames
        }
        var found: [String] = []
        for name in names ?? SubjectAlternativeNames() {
            switch name {
            case .dnsName(let text): found.append(text)
            case .uniformResourceIdentifier(let uri) where HostIdentity.isOurs(uri):
                throw FleetProblem(
                    "the site's certificate has a name that only the fleet's may have")
            default: break
            }
        }
        guard found.count == 1, let name = found.first else {
            throw FleetProblem("the site's certificate has \(found.count) DNS names, and not one")
        }
        return name
    }

    /// The host's name in `NAME.example.com`, byte for byte.
    private func host(in name: String) throws(FleetProblem) -> FleetName {
        guard !name.utf8.contains(UInt8(ascii: "*")) else {
            throw FleetProblem("the site's certificate is for many names (*)")
        }
        let label = String(name.prefix { $0 != "." })
        guard let host = FleetName(label), name.utf8.elementsEqual((label + suffix).utf8) else {
            throw FleetProblem(
                "the DNS name in the site's certificate is not of the form NAME\(suffix)")
        }
        return host
    }
}
