import Crypto
import Foundation
import SwiftASN1
import X509

@testable import FleetNetwork

/// A site's own authority, and whatever it signs.
struct TestSite: Sendable {
    private let key: P256.Signing.PrivateKey
    let certificate: Certificate
    /// What hosts show behind their own certificate.
    private let behind: [Certificate]

    /// An authority of this name.
    init(_ name: String = "Example authority") throws {
        let key = P256.Signing.PrivateKey()
        let subject = try DistinguishedName { CommonName(name) }
        (self.key, behind) = (key, [])
        certificate = try Certificate(
            version: .v3, serialNumber: .init(), publicKey: .init(key.publicKey),
            notValidBefore: .now - 86_400, notValidAfter: .now + 86_400, issuer: subject,
            subject: subject,
            extensions: try Certificate.Extensions {
                Critical(BasicConstraints.isCertificateAuthority(maxPathLength: nil))
                Critical(KeyUsage(keyCertSign: true))
            }, issuerPrivateKey: .init(key))
    }

    /// The authority of a fleet, with its key.
    init(_ fleet: FleetAuthority) {
        self.init(key: fleet.key, certificate: fleet.certificate, behind: [])
    }

    init(key: P256.Signing.PrivateKey, certificate: Certificate, behind: [Certificate]) {
        (self.key, self.certificate, self.behind) = (key, certificate, behind)
    }

    /// An authority below this one.
    func below(
        _ name: String = "Example authority below", isAuthority: Bool = true,
        to end: Date = .now + 3600, with more: [Certificate.Extension] = []
    ) throws -> TestSite {
        let own = P256.Signing.PrivateKey()
        let constraints: BasicConstraints =
            isAuthority ? .isCertificateAuthority(maxPathLength: nil) : .notCertificateAuthority
        let signed = try Certificate(
            version: .v3, serialNumber: .init(), publicKey: .init(own.publicKey),
            notValidBefore: .now - 3600, notValidAfter: end, issuer: certificate.subject,
            subject: try DistinguishedName { CommonName(name) },
            extensions: try Certificate.Extensions {
                Critical(constraints)
                try Certificate.Extensions(more)
            }, issuerPrivateKey: .init(key))
        return TestSite(key: own, certificate: signed, behind: [signed] + behind)
    }

    /// As servers know it.
    func authority(_ suffix: String = ".lab") throws -> SiteAuthority {
        try SiteAuthority(certificates: certificate.text(), suffix: suffix)
    }

    /// A certificate and its key.
    struct Shown: Sendable {
        let chain: [Certificate]
        let key: Certificate.PrivateKey

        /// Writes them as the site's tool does, into a folder.
        func write(to folder: TestFolder, as name: String = "web") throws -> SiteFiles {
            let place = "\(folder.path)/\(name)"
            let (certificate, secret) = ("\(place).pem", "\(place).key")
            try PrivateFile.write(key.serializeAsPEM().pemString + "\n", at: secret)
            try PrivateFile.write(
                chain.map { try $0.text() }.joined(), at: certificate, mode: 0o644)
            return try SiteFiles(certificate: certificate, key: secret)
        }
    }

    /// A certificate for a new key, with these names.
    func sign(
        _ names: [GeneralName], for usages: [ExtendedKeyUsage.Usage] = [.clientAuth],
        isAuthority: Bool = false, from start: Date = .now - 60, to end: Date = .now + 3600,
        with more: [Certificate.Extension] = []
    ) throws -> Shown {
        let own = P256.Signing.PrivateKey()
        let signed = try Certificate(
            version: .v3, serialNumber: .init(), publicKey: .init(own.publicKey),
            notValidBefore: start, notValidAfter: end, issuer: certificate.subject,
            subject: try DistinguishedName { CommonName("web") },
            extensions: try Certificate.Extensions {
                if isAuthority {
                    Critical(BasicConstraints.isCertificateAuthority(maxPathLength: nil))
                }
                if !usages.isEmpty { try ExtendedKeyUsage(usages) }
                if !names.isEmpty { SubjectAlternativeNames(names) }
                try Certificate.Extensions(more)
            }, issuerPrivateKey: .init(key))
        return Shown(chain: [signed] + behind, key: .init(own))
    }

    /// The certificate of a host.
    func host(_ name: String = "web17.lab", from start: Date = .now - 60) throws -> Shown {
        try sign([.dnsName(name)], from: start)
    }
}
