import ArgumentParser
import FleetNetwork
import FleetStore
import Glibc
import OTPCore
import OTPStore

/// `swiftotp-server rotate-key`
struct RotateKey: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rotate-key",
        abstract: "Replace the master key; logins go on meanwhile.",
        discussion: """
            The first run adds a new key to fleet.key, which does not count yet. Copy that file to the \
            folder of each other server, and run the same command again: the new key then counts for \
            all servers at once, every record is sealed anew, and in the end the old key is removed \
            from fleet.key here. Copy the file once more. A server without the new key judges nothing.

            If the key is a credential of systemd, make a file of it first, on each server.

            It can be interrupted at any time, and run again. Keep a copy of fleet.key apart from the \
            backups of the database; backups from before need the old key.
            """)

    @OptionGroup var folder: FolderOption
    @Option(help: "How the owner of the tables connects to the database.")
    var owner: String
    @Flag(help: "There is no other server: do all of it in one run.")
    var alone = false
    @Option(
        help: """
            How many seconds the old key stays after the last record: hosts ask for the new keys of \
            their offline answers within ten minutes, and servers look every few seconds.
            """)
    var wait = 660

    /// How long servers may take to read the file, in seconds.
    private static let reading = 5

    func run() throws {
        guard (0...86_400).contains(wait) else { throw FleetProblem("--wait takes 0 to 86400") }
        let path = "\(folder.folder)/\(ServerFolder.keyName)"
        guard KeySource.passed == nil, PrivateFile.exists(path) else {
            throw FleetProblem(
                "\(path) is missing. If it is a credential of systemd, it has to be a file while it is "
                    + "replaced, on each server: docs/FLEET.md has the commands")
        }
        var file = try KeyFile(try PrivateFile.read(path))
        if file.isSettled {
            // Before anything is changed: that this is the database of the key.
            _ = try folder.open().database()
            try file.addNext()
            try PrivateFile.write(file.text, at: path)
            guard alone else {
                print(
                    """
                    \(path) has a new key, which does not count yet. Copy the file to the folder of \
                    each other server, and run this again.
                    """)
                return
            }
            pause(RotateKey.reading)
        }
        try makeCount(&file, path)
        let database = try folder.open().database()
        let current = try database.currentKeyID()
        guard try reseal(in: database) else { return }
        print("All records are under the new key; the old one is removed in \(wait) s.")
        pause(wait)
        // What a server sealed that had not looked yet.
        guard try reseal(in: database) else { return }
        file.retireAll(but: current)
        try PrivateFile.write(file.text, at: path)
        print("Done. Copy \(path) to the other servers, and to where its copy is kept.")
    }

    /// Makes the new key count, if there is one that does not.
    private func makeCount(_ file: inout KeyFile, _ path: String) throws {
        let open = try folder.open()
        var current = try open.database().currentKeyID()
        if let next = file.next, next.id != current {
            let end = ContinuousClock.now + .seconds(60)
            let connection = try PostgresConnection.connect(
                to: owner, as: "swiftotp-server rotate-key", statementTime: .seconds(30),
                connectTime: .seconds(10), until: end)
            guard
                try Schema.switchKey(
                    on: connection, to: next, from: current, by: try open.act(),
                    server: ServerFolder.host, until: end)
            else { throw FleetProblem("another rotate-key is running; run this again later") }
            current = next.id
            print("The new key counts.")
        }
        file.promote(current)
        try PrivateFile.write(file.text, at: path)
    }

    /// Seals everything anew; whether that is done.
    private func reseal(in database: Database) throws -> Bool {
        let rows = try database.reproveRows(at: try SystemClock().now())
        guard rows.changed.isEmpty else {
            throw FleetProblem(
                "somebody has changed what hosts or roles may do, and the old key stays: let these"
                    + " hosts join again, or give these users their roles again: "
                    + RotateKey.list(rows.changed.map { Array($0.utf8) }))
        }
        var done: UInt64 = 0
        var told = ContinuousClock.now
        while true {
            let left = try database.countOfOtherKeys()
            guard left > 0 else { return true }
            var (last, unreadable) = (RowID?.none, [[UInt8]]())
            while true {
                let batch = try database.resealBatch(after: last)
                done += UInt64(batch.resealed)
                unreadable += batch.unreadable
                guard let next = batch.last else { break }
                last = next
                if ContinuousClock.now - told > .seconds(1) {
                    told = .now
                    print("\(done) records are under the new key")
                }
            }
            guard unreadable.count < left else {
                throw FleetProblem(
                    "\(left) records cannot be opened, and the old key stays: "
                        + RotateKey.list(unreadable))
            }
        }
    }

    /// The first few names.
    private static func list(_ names: [[UInt8]]) -> String {
        names.prefix(5).map { String(decoding: LogLine.visible($0), as: UTF8.self) }
            .joined(separator: ", ")
    }

    private func pause(_ seconds: Int) { sleep(UInt32(clamping: seconds)) }
}
