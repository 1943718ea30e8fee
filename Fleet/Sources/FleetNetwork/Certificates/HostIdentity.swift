import FoundationEssentials
import X509

/// Who a verified certificate says is connected. One of the fleet's authority says
/// `swiftotp://FLEET/host/NAME/GENERATION`, its only name; what one of the site's says,
/// `SiteAuthority` reads.
public struct HostIdentity: Equatable, Sendable {
    /// The fleet.
    public let fleet: FleetName
    /// The host.
    public let host: FleetName
    /// Whose certificate it is, and what decides whether it still counts.
    public let proof: HostProof
    /// When the certificate begins and ends to count. A connection may outlive it.
    public let start: Date
    public let end: Date

    private static let scheme = "swiftotp://"

    /// The time before its end in which a certificate of the site's is late, in seconds: a week.
    private static let late: TimeInterval = 7 * 86_400

    /// The URI of a host.
    static func uri(fleet: FleetName, host: FleetName, generation: UInt64) -> String {
        "\(scheme)\(fleet)/host/\(host)/\(generation)"
    }

    /// The URI of a fleet, in its authority's certificate.
    static func uri(fleet: FleetName) -> String { "\(scheme)\(fleet)/authority" }

    /// The fleet in an authority's certificate; `nil` if it is not one of ours.
    static func fleet(of authority: Certificate) -> FleetName? {
        guard let uri = onlyURI(of: authority), uri.hasPrefix(scheme) else { return nil }
        let parts = parts(of: uri)
        guard parts.count == 2, parts[1] == "authority" else { return nil }
        return FleetName(parts[0])
    }

    /// Whether a URI is one that only the fleet's authority may give, however it is spelled.
    static func isOurs(_ uri: String) -> Bool { uri.lowercased().hasPrefix("swiftotp:") }

    /// A host whose certificate is of the site's authority.
    init(_ host: FleetName, of fleet: FleetName, bySite certificate: Certificate) {
        (self.fleet, self.host) = (fleet, host)
        (start, end) = (certificate.notValidBefore, certificate.notValidAfter)
        // A time before 1970 is older than all others.
        let seconds = certificate.notValidBefore.timeIntervalSince1970.rounded(.down)
        proof = .site(start: UInt64(exactly: seconds) ?? 0)
    }

    /// The host that a certificate of the fleet's authority is for. Its signature must have been
    /// verified.
    ///
    /// Throws a sentence if it is not a host's certificate: a server's, an authority's, or one with
    /// other names besides.
    public init(verified certificate: Certificate) throws(FleetProblem) {
        guard let uri = HostIdentity.onlyURI(of: certificate),
            uri.hasPrefix(HostIdentity.scheme)
        else {
            throw FleetProblem("the certificate does not name a host of a fleet, and nothing else")
        }
        let parts = HostIdentity.parts(of: uri)
        guard parts.count == 4, parts[1] == "host", let fleet = FleetName(parts[0]),
            let host = FleetName(parts[2]), let generation = UInt64(parts[3]),
            parts[3] == "\(generation)"
        else { throw FleetProblem("the certificate's name is not that of a host") }
        guard let usages = try? certificate.extensions.extendedKeyUsage,
            usages.count == 1, usages.contains(.clientAuth)
        else { throw FleetProblem("the certificate of host \(host) is not for clients") }
        (self.fleet, self.host, proof) = (fleet, host, .fleet(generation: generation))
        (start, end) = (certificate.notValidBefore, certificate.notValidAfter)
    }

    /// Whether the certificate counts at `now`.
    public func isCurrent(at now: Date) -> Bool { start <= now && now <= end }

    /// When a new certificate is asked for: after two thirds of its time, 20 of 30 days. The site
    /// makes its own when it likes, so one of those is only waited for in its last week.
    public var renewal: Date {
        let third = end.timeIntervalSince(start) / 3
        return switch proof {
        case .fleet: end - third
        case .site: end - min(third, HostIdentity.late)
        }
    }

    /// What its connections and calls are counted by: not the name alone, or whoever has a
    /// certificate of the other authority for it, or one from before the host joined again, could
    /// use up what the host may. All that the site makes for a host count together: the host may get
    /// as many as it likes.
    var counted: String {
        switch proof {
        case .fleet(let generation): "\(host) \(generation)"
        case .site: "\(host) of the site"
        }
    }

    /// What they are counted by until the service has taken the certificate for the host's own: old
    /// ones of the site's for the same name differ from it in nothing but their start.
    var claimed: String {
        switch proof {
        case .fleet: counted
        case .site(let start): "\(counted) from \(start)"
        }
    }

    private static func onlyURI(of certificate: Certificate) -> String? {
        guard let names = try? certificate.extensions.subjectAlternativeNames, names.count == 1,
            case .uniformResourceIdentifier(let uri)? = names.first
        else { return nil }
        return uri
    }

    private static func parts(of uri: String) -> [Substring] {
        uri.dropFirst(scheme.count).split(separator: "/", omittingEmptySubsequences: false)
    }
}
