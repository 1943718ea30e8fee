import ArgumentParser
import FleetNetwork
import FleetStore
import OTPCore

/// `swiftotp-server init`
struct Init: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Make a fleet: keys, tables, and this server's certificate.",
        discussion: """
            Run it once, on the first server. A second server gets a copy of the folder; set `names` \
            in its server.conf, and run `swiftotp-server certificate` there.

            The folder has everything that opens the records. Keep a copy of it apart from the \
            backups of the database.
            """)

    @OptionGroup var folder: FolderOption
    @Option(help: "The fleet's name: a-z, 0-9, hyphens and dots.")
    var fleet: String
    @Option(help: "DNS names or addresses of this server, separated by commas.")
    var names: String
    @Option(help: "How the owner of the tables connects to the database; used once, not kept.")
    var owner: String
    @Option(help: "How the server connects, as the role swiftotp_server.")
    var database: String
    @Option(help: "The address to listen on.")
    var address: String?
    @Option(help: "The port to listen on.")
    var port: Int?
    @Option(help: "Wait for a standby (required), or not (none).")
    var replication: String?
    @Option(help: "The port on 127.0.0.1 for metrics.")
    var metricsPort: Int?

    func run() throws {
        let path = folder.folder
        // The key may have become a credential.
        let keys = [ServerFolder.keyName, ServerFolder.authorityKeyName]
        guard KeySource.passed == nil,
            !keys.contains(where: { PrivateFile.exists("\(path)/\($0)") })
        else { throw FleetProblem("\(path) is a server's folder already; nothing was done") }
        var others: [SettingKey: String] = [:]
        others[.address] = address
        others[.port] = port.map { "\($0)" }
        others[.replication] = replication
        others[.metricsPort] = metricsPort.map { "\($0)" }
        let text = ServerConfiguration.text(
            fleet: fleet, names: names.split(separator: ",").map(String.init), database: database,
            others: others)
        // All of it is checked before anything is made.
        let settings = try ServerConfiguration(text)
        let authority = try FleetAuthority.make(settings.fleet)
        _ = try authority.serverIdentity(names: settings.names)
        let key = try KeyFile()
        try PrivateFile.prepare(folder: path)

        // The key before the tables: rows without their key would be lost, a key without rows is not.
        try PrivateFile.write(key.text, at: "\(path)/\(ServerFolder.keyName)")
        do {
            try install(try key.keys)
        } catch {
            PrivateFile.remove("\(path)/\(ServerFolder.keyName)")
            throw error
        }
        try PrivateFile.write(authority.keyText, at: "\(path)/\(ServerFolder.authorityKeyName)")
        try PrivateFile.write(
            authority.certificateText, at: "\(path)/\(ServerFolder.authorityName)")
        try PrivateFile.write(text, at: "\(path)/\(ServerFolder.configurationName)")
        _ = try folder.open().identity()
        print(
            """
            The fleet \(settings.fleet) is made. Its keys and settings are in \(path): keep a copy \
            of that folder in a safe place, apart from the backups of the database.

            Next:
                systemctl enable --now swiftotp-server
                swiftotp-server invite HOST --rights enroll
            """)
    }

    private func install(_ keys: MasterKeys) throws {
        let end = ContinuousClock.now + .seconds(60)
        let connection = try PostgresConnection.connect(
            to: owner, as: "swiftotp-server init", statementTime: .seconds(30),
            connectTime: .seconds(10), until: end)
        _ = try Schema.install(on: connection, keys: keys, until: end)
    }
}
