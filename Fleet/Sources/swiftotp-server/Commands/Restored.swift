import ArgumentParser
import FleetNetwork
import FleetStore
import OTPCore

/// `swiftotp-server restored`
struct Restored: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Say that the database was restored, or lost logins in a failover.",
        discussion: """
            Codes that were used after the backup would be good again. So nothing that could have been \
            used until now counts any more: codes of earlier steps, backup codes and temporary codes. \
            Users hear of it at their next login, and get new backup codes with `otp-enroll codes`. \
            Counters of hardware tokens need `otp-enroll resync`.

            With --replay, backup codes that were not used stay good. The command reads in the logs \
            which of them were used since, and burns those. With it you vouch that the files have \
            everything that all hosts and all servers have logged from the time of the backup on, to \
            this moment: a code that was used, and is in none of them, logs in again. If you cannot be \
            sure, leave --replay out.

            The files are text, as syslog writes it or `journalctl -o short-iso`. Read what is \
            compressed by a pipe: zcat auth.log.1.gz | swiftotp-server restored --replay - ...
            """)

    @OptionGroup var folder: FolderOption
    @Option(help: "How the owner of the tables connects to the database.")
    var owner: String
    @Option(
        parsing: .upToNextOption,
        help: ArgumentHelp(
            "Burn the backup codes that these logs say were used, and keep the others; - is the "
                + "standard input.",
            valueName: "file"))
    var replay: [String] = []
    @Flag(help: "Only read the logs, and say what they have; nothing is changed.")
    var dryRun = false

    func validate() throws {
        if dryRun, replay.isEmpty { throw ValidationError("--dry-run goes with --replay.") }
    }

    func run() throws {
        let folder = try folder.open()
        let replay = try replay.isEmpty ? nil : LogReplay(of: replay, in: folder.database())
        if dryRun {
            print("Nothing was changed.")
            return
        }
        let act = try folder.act()
        // First: once the floor has moved, any server may open any record.
        let burnt = try replay?.burn(by: act)
        let end = ContinuousClock.now + .seconds(60)
        let connection = try PostgresConnection.connect(
            to: owner, as: "swiftotp-server restored", statementTime: .seconds(30),
            connectTime: .seconds(10), until: end)
        try Schema.restored(
            on: connection, floor: act.time, replayed: burnt, by: act, server: ServerFolder.host,
            until: end)
        print(
            burnt == nil
                ? "Nothing that could have been used before now counts any more."
                : "Nothing that could have been used before now counts any more, but for backup codes"
                    + " that the logs do not have.")
        print("Servers go on by themselves.")
    }
}
