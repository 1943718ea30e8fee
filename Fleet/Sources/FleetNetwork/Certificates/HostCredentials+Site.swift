import FoundationEssentials
import Glibc
import X509

// A host with a certificate of the site's authority: its own file has no key, but says where that is.
extension HostCredentials {
    private static let hostKey = "Host: "
    private static let certificateKey = "Certificate: "
    private static let privateKeyKey = "Key: "

    /// What a host has that the servers call `host`.
    ///
    /// Throws unless the certificate counts at `now`. Whether it is a host's, servers say.
    init(
        servers: [ServerURL], trust: FleetTrust, host: FleetName, site: SiteCertificate,
        now: Date = Date()
    ) throws(FleetProblem) {
        guard let certificate = site.chain.first else {
            throw FleetProblem("there is no certificate of this host")
        }
        let identity = HostIdentity(host, of: trust.fleet, bySite: certificate)
        guard identity.isCurrent(at: now) else {
            throw FleetProblem(
                "the certificate in \(site.files.certificate) counts from"
                    + " \(identity.start.formatted(.iso8601)) to"
                    + " \(identity.end.formatted(.iso8601)): set the clock if it is wrong, or let"
                    + " the site renew it")
        }
        (self.servers, self.trust, self.identity) = (servers, trust, identity)
        (chain, key, files) = (site.chain, site.key, site.files)
    }

    /// Reads the text of a file that names `files`, and those.
    init(
        text: String, servers: [ServerURL], _ files: SiteFiles, now: Date
    ) throws(FleetProblem) {
        let name = HostCredentials.value(of: HostCredentials.hostKey, in: text)
        guard let host = name.flatMap({ FleetName($0) }) else {
            throw FleetProblem("the host's file is damaged")
        }
        try self.init(
            servers: servers, trust: try FleetTrust(certificate: text), host: host,
            site: try SiteCertificate(files, for: geteuid()), now: now)
    }

    /// Where the site keeps key and certificate, by the text of the host's own file; `nil` if they
    /// are in there.
    ///
    /// Throws if it names only one of them.
    public static func files(in text: String) throws(FleetProblem) -> SiteFiles? {
        switch (value(of: certificateKey, in: text), value(of: privateKeyKey, in: text)) {
        case (nil, nil): return nil
        case (let certificate?, let key?): return try SiteFiles(certificate: certificate, key: key)
        default: throw FleetProblem("the host's file is damaged")
        }
    }

    private static func value(of key: String, in text: String) -> String? {
        text.split(separator: "\n").first { $0.hasPrefix(key) }
            .map { String($0.dropFirst(key.count)) }
    }

    /// What the host's file has in place of a key.
    static func text(of files: SiteFiles, _ identity: HostIdentity) -> String {
        """
        \(hostKey)\(identity.host)
        \(certificateKey)\(files.certificate)
        \(privateKeyKey)\(files.key)

        """
    }

    /// The same host with what is in the site's files now; `nil` if that is the same certificate, or
    /// if it has none of the site's.
    ///
    /// Throws unless that could be used in place of it.
    func reread(now: Date = Date()) throws(FleetProblem) -> HostCredentials? {
        guard let files else { return nil }
        let found = try SiteCertificate(files, for: geteuid())
        guard found.chain != chain else { return nil }
        return try HostCredentials(
            servers: servers, trust: trust, host: identity.host, site: found, now: now)
    }
}
