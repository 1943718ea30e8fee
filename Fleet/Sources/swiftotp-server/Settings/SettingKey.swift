/// One setting of server.conf; tests compare the manual with this table.
enum SettingKey: String, CaseIterable {
    case fleet, names, database, address, port, replication, identity, threads
    case hostRate = "host_rate"
    case metricsPort = "metrics_port"
    case policy
    case hostAuthority = "host_authority"
    case sanDNS = "san_dns"

    /// The default, as the manual writes it; `nil` if there is none.
    var fallback: String? {
        switch self {
        case .fleet, .names, .database: nil
        case .address: "0.0.0.0"
        case .port: "8463"
        case .replication: "required"
        case .identity: "uid"
        case .threads: "8"
        case .hostRate: "50"
        case .metricsPort, .hostAuthority, .sanDNS: "none"
        case .policy: "/etc/security/swiftotp.conf"
        }
    }

    /// What it takes.
    var values: String {
        switch self {
        case .fleet: "a name of a-z, 0-9, hyphens and dots"
        case .names: "DNS names or addresses, separated by commas"
        case .database: "a connection string of libpq"
        case .address: "an address to listen on"
        case .port: "1 to 65535"
        case .replication: "required or none"
        case .identity: "uid or name"
        case .threads: "1 to 64"
        case .hostRate: "1 to 100000"
        case .metricsPort: "1 to 65535, or none"
        case .policy: "a path that begins with /"
        case .hostAuthority: "a path that begins with /, or none"
        case .sanDNS: "a suffix such as .example.com, or none"
        }
    }

    /// One line of documentation.
    var doc: String {
        switch self {
        case .fleet: "The fleet's name, which is in the certificates of its hosts."
        case .names: "What hosts call this server; its certificate has them."
        case .database: "Where the database is; name both of its machines."
        case .address: "Where hosts are served."
        case .port: "The port that hosts use."
        case .replication:
            "Whether every yes waits for a standby's disk. Without, a failover loses codes."
        case .identity: "Whether a user must have one UID at all hosts, or only one name."
        case .threads: "How many connections to the database there are."
        case .hostRate:
            "How many calls of one host are answered in a second; ten times as many at once."
        case .metricsPort: "The port on 127.0.0.1 where metrics are read."
        case .policy: "How codes are judged: the options of swiftotp.conf(5). It may be missing."
        case .hostAuthority: "The site's own authority, if it may sign the certificates of hosts."
        case .sanDNS: "What follows the host's name in the DNS name of such a certificate."
        }
    }
}
