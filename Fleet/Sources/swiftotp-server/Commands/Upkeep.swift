import ArgumentParser
import FleetNetwork
import FleetStore
import OTPCore
import OTPStore

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

/// `swiftotp-server restored`
struct Restored: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Say that the database was restored, or lost logins in a failover.",
        discussion: """
            Codes that were used after the backup would be good again. So nothing that could have been \
            used until now counts any more: codes of earlier steps, backup codes and temporary codes. \
            Users hear of it at their next login, and get new backup codes with `otp-enroll codes`. \
            Counters of hardware tokens need `otp-enroll resync`.
            """)

    @OptionGroup var folder: FolderOption
    @Option(help: "How the owner of the tables connects to the database.")
    var owner: String

    func run() throws {
        let folder = try folder.open()
        let act = try folder.act()
        let end = ContinuousClock.now + .seconds(60)
        let connection = try PostgresConnection.connect(
            to: owner, as: "swiftotp-server restored", statementTime: .seconds(30),
            connectTime: .seconds(10), until: end)
        try Schema.restored(
            on: connection, floor: act.time, by: act, server: ServerFolder.host, until: end)
        print(
            "Nothing that could have been used before now counts any more. Servers go on by themselves."
        )
    }
}
