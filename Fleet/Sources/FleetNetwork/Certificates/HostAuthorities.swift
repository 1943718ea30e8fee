import NIOSSL
import X509

/// Whose certificates hosts may show. Which of the two has signed one decides how it is read: the
/// fleet's names a host by a URI, the site's by a DNS name, and neither by the other's way.
struct HostAuthorities: Sendable {
    let fleet: FleetTrust
    /// `nil` where all hosts have certificates of the fleet's.
    let site: SiteAuthority?

    /// What TLS verifies the certificates of hosts by.
    ///
    /// Throws if the two cannot be told apart: TLS looks for an authority by its name, and would take
    /// the site's for the fleet's, whose hosts would all be refused.
    func forTLS() throws(FleetProblem) -> [NIOSSLCertificate] {
        var all = [try fleet.forTLS()]
        guard let site else { return all }
        guard !site.hasName(of: fleet.certificate) else {
            throw FleetProblem("`host_authority` has the name of the fleet's own authority")
        }
        all += try site.forTLS()
        return all
    }

    /// The host that a certificate is for, which TLS has verified by one of the two.
    ///
    /// Throws a sentence if it is not a host's of this fleet.
    func identity(verified certificate: Certificate) throws(FleetProblem) -> HostIdentity {
        // The fleet's authority signs hosts' certificates itself, and no other authority's: what it
        // has not signed was not verified by it.
        if let site, !fleet.hasSigned(certificate) {
            return try site.identity(verified: certificate, of: fleet.fleet)
        }
        let identity = try HostIdentity(verified: certificate)
        guard identity.fleet == fleet.fleet else {
            throw FleetProblem("the certificate is for another fleet")
        }
        return identity
    }
}
