import FleetNetwork
import FleetStore
import OTPCore

/// The contents of server.conf: `key = value`, and `#` for comments.
struct ServerConfiguration {
    let fleet: String
    let names: [String]
    let database: String
    var address = "0.0.0.0"
    var port = ServerURL.defaultPort
    var replication = DatabaseSettings.Replication.required
    var identity = DatabaseSettings.Identity.uid
    var threads = 8
    var hostRate = 50
    var metricsPort: Int?
    var policy = "/etc/security/swiftotp.conf"
    /// The file of the site's authority.
    var hostAuthority: String?
    var sanDNS = ""

    /// Reads it. Anything that is not exactly a setting is an error, which names the line.
    init(_ text: String) throws(FleetProblem) {
        var values: [SettingKey: String] = [:]
        for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false)
            .enumerated()
        {
            let line = ServerConfiguration.trimmed(line)
            guard !line.isEmpty, !line.hasPrefix("#") else { continue }
            guard let equals = line.firstIndex(of: "=") else {
                throw FleetProblem("server.conf line \(index + 1): not `key = value`")
            }
            let name = ServerConfiguration.trimmed(line[..<equals])
            let value = ServerConfiguration.trimmed(line[line.index(after: equals)...])
            guard let key = SettingKey(rawValue: name) else {
                throw FleetProblem("server.conf line \(index + 1): there is no setting `\(name)`")
            }
            guard values[key] == nil else {
                throw FleetProblem("server.conf line \(index + 1): `\(name)` is given twice")
            }
            values[key] = value
        }
        func needed(_ key: SettingKey) throws(FleetProblem) -> String {
            guard let value = values[key], !value.isEmpty else {
                throw FleetProblem("server.conf: `\(key.rawValue)` is missing")
            }
            return value
        }
        fleet = try needed(.fleet)
        names = try needed(.names).split(separator: ",").map { ServerConfiguration.trimmed($0) }
        database = try needed(.database)
        for (key, value) in values { try set(key, value) }
        guard hostAuthority != nil || sanDNS.isEmpty else {
            throw FleetProblem("server.conf: `san_dns` is nothing without `host_authority`")
        }
    }

    private mutating func set(_ key: SettingKey, _ value: String) throws(FleetProblem) {
        let wrong = FleetProblem("server.conf: `\(key.rawValue)` takes \(key.values)")
        switch key {
        case .fleet:
            guard FleetName(value) != nil else { throw wrong }
        case .names, .database: break
        case .address: address = value
        case .port:
            guard let number = Int(value), (1...65_535).contains(number) else { throw wrong }
            port = number
        case .replication:
            guard ["required", "none"].contains(value) else { throw wrong }
            replication = value == "none" ? .none : .required
        case .identity:
            guard ["uid", "name"].contains(value) else { throw wrong }
            identity = value == "name" ? .name : .uid
        case .threads:
            guard let number = Int(value), (1...64).contains(number) else { throw wrong }
            threads = number
        case .hostRate:
            guard let number = Int(value), (1...100_000).contains(number) else { throw wrong }
            hostRate = number
        case .metricsPort:
            guard value != "none" else { return }
            guard let number = Int(value), (1...65_535).contains(number) else { throw wrong }
            metricsPort = number
        case .policy:
            guard value.hasPrefix("/") else { throw wrong }
            policy = value
        case .hostAuthority:
            guard value != "none" else { return }
            guard value.hasPrefix("/") else { throw wrong }
            hostAuthority = value
        case .sanDNS:
            guard value != "none" else { return }
            guard !value.isEmpty, SiteAuthority.isSuffix(value) else { throw wrong }
            sanDNS = value
        }
    }

    private static func trimmed(_ text: some StringProtocol) -> String {
        let isBlank: (Character) -> Bool = { $0 == " " || $0 == "\t" || $0 == "\r" }
        return String(text.drop(while: isBlank).reversed().drop(while: isBlank).reversed())
    }

    /// The file that `init` writes.
    static func text(
        fleet: String, names: [String], database: String, others: [SettingKey: String]
    ) -> String {
        var text = """
            # The settings of swiftotp-server: see swiftotp-server(8). A bad value keeps it from
            # starting, and the log says which it is.

            """
        let given: [SettingKey: String] = [
            .fleet: fleet, .names: names.joined(separator: ","), .database: database,
        ].merging(others) { $1 }
        for key in SettingKey.allCases {
            text += "\n# \(key.doc)\n# Values: \(key.values).\n"
            if let value = given[key] {
                text += "\(key.rawValue) = \(value)\n"
            } else {
                text += "#\(key.rawValue) = \(key.fallback ?? "")\n"
            }
        }
        return text
    }
}
