import FleetNetwork
import FleetStore
import FoundationEssentials
import OTPCore
import OTPStore
import OTPSystem

/// The folder of a server: its settings, the master key, the authority, and its own certificate.
struct ServerFolder {
    let path: String
    let configuration: ServerConfiguration
    let keys: MasterKeys
    let authority: FleetAuthority

    static let configurationName = "server.conf"
    static let keyName = "fleet.key"
    static let authorityName = "authority.pem"
    static let authorityKeyName = "authority.key"
    static let certificateName = "server.pem"
    static let certificateKeyName = "server.key"

    init(_ path: String) throws(FleetProblem) {
        self.path = path
        guard PrivateFile.exists("\(path)/\(ServerFolder.configurationName)") else {
            throw FleetProblem(
                "\(path) has no \(ServerFolder.configurationName); run `swiftotp-server init`")
        }
        configuration = try ServerConfiguration(
            try PrivateFile.read("\(path)/\(ServerFolder.configurationName)"))
        keys = try KeySource.find(in: path).read().keys
        authority = try FleetAuthority(
            certificate: try PrivateFile.read("\(path)/\(ServerFolder.authorityName)"),
            key: try PrivateFile.read("\(path)/\(ServerFolder.authorityKeyName)"))
        guard authority.fleet.text == configuration.fleet else {
            throw FleetProblem(
                "the authority is of the fleet \(authority.fleet), and server.conf says \(configuration.fleet)"
            )
        }
    }

    // MARK: The master key

    /// The keys as they are now; a rotation changes the folder's file.
    func currentKeys() throws(FleetProblem) -> MasterKeys {
        try KeySource.find(in: path).read().keys
    }

    // MARK: The site's authority

    /// The site's own authority; `nil` if it signs no certificates of hosts.
    func siteAuthority() throws(FleetProblem) -> SiteAuthority? {
        guard let file = configuration.hostAuthority else { return nil }
        return try SiteAuthority(
            certificates: try PrivateFile.read(file), suffix: configuration.sanDNS)
    }

    // MARK: The server's certificate

    /// How long before its end a certificate is made anew, in seconds.
    private static let margin: Double = 30 * 86_400

    /// The server's key and certificate; made anew if they are missing, of other names, or end soon.
    func identity(renews: Bool = false) throws(FleetProblem) -> ServerIdentity {
        if !renews, let found = try storedIdentity(),
            found.end.timeIntervalSinceNow > ServerFolder.margin
        {
            return found
        }
        let new = try authority.serverIdentity(names: configuration.names)
        try PrivateFile.write(
            new.key, at: "\(path)/\(ServerFolder.certificateKeyName)", mode: 0o600)
        try PrivateFile.write(
            new.chain, at: "\(path)/\(ServerFolder.certificateName)", mode: 0o600)
        return new
    }

    /// The server's key and certificate as they are; `nil` if they are missing.
    func storedIdentity() throws(FleetProblem) -> ServerIdentity? {
        let (certificate, key) = (
            "\(path)/\(ServerFolder.certificateName)", "\(path)/\(ServerFolder.certificateKeyName)"
        )
        guard PrivateFile.exists(certificate), PrivateFile.exists(key) else { return nil }
        return try ServerIdentity(
            chain: try PrivateFile.read(certificate), key: try PrivateFile.read(key))
    }

    // MARK: The database

    /// What the server's threads need to know.
    func databaseSettings() -> DatabaseSettings {
        var settings = DatabaseSettings(
            address: configuration.database, keys: keys, server: ServerFolder.host,
            clock: { () throws(StoreError) in try SystemClock().now() })
        settings.replication = configuration.replication
        settings.identity = configuration.identity
        return settings
    }

    /// A connection of its own, for one command. It judges nothing, so it need not listen for
    /// receipts. A command that changes records gives it the `window` of codes that are judged.
    func database(window: UInt8? = nil) throws(StoreError) -> Database {
        var settings = databaseSettings()
        settings.listening = .zero
        if let window { settings.window = window }
        let database = Database(settings, state: FleetState())
        try database.ready()
        return database
    }

    /// Who gives a command, for the audit.
    func act() throws(StoreError) -> AdminAct {
        AdminAct(
            actor: Process.variable("SUDO_USER").flatMap { $0.isEmpty ? nil : $0 } ?? "root",
            origin: "swiftotp-server on \(ServerFolder.host)", time: try SystemClock().now())
    }

    /// This machine's name.
    static var host: String {
        String(decoding: LogLine.visible(SystemHost.name()), as: UTF8.self)
    }

    /// The options by which codes are judged.
    func policy() throws(StoreError) -> Options {
        let path = configuration.policy
        // Only the default file may be missing.
        let isDefault = Array(path.utf8) == ConfigurationFile.defaultPath
        return try ConfigurationFile.options(isDefault ? [] : [Array("conf=\(path)".utf8)])
    }
}
