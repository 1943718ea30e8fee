import ArgumentParser
import FleetNetwork
import FleetStore
import OTPCore

/// `swiftotp-server certificate`
struct Certificate: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Make this server's certificate anew, for the `names` of server.conf.",
        discussion: "A running server makes it anew by itself, 30 days before it ends.")

    @OptionGroup var folder: FolderOption

    func run() throws {
        let folder = try folder.open()
        _ = try folder.identity(renews: true)
        print("The certificate is for \(folder.configuration.names.joined(separator: ", ")).")
        print("Run `systemctl restart swiftotp-server` to use it.")
    }
}

/// `swiftotp-server migrate`
struct Migrate: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Bring the tables up to this release; servers of the last one go on meanwhile.")

    @OptionGroup var folder: FolderOption
    @Option(help: "How the owner of the tables connects to the database.")
    var owner: String

    func run() throws {
        let end = ContinuousClock.now + .seconds(600)
        let connection = try PostgresConnection.connect(
            to: owner, as: "swiftotp-server migrate", statementTime: .seconds(600),
            connectTime: .seconds(10), until: end)
        let before = try Schema.migrate(on: connection, until: end)
        print(
            before == Schema.version
                ? "The tables are of this release (\(before))."
                : "The tables are of version \(Schema.version) now; they were \(before).")
    }
}
