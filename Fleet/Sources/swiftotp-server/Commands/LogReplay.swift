import FleetNetwork
import FleetStore
import OTPCore
import OTPStore
import OTPSystem

/// `swiftotp-server restored --replay`: logs that were read and understood, and what they burn.
struct LogReplay {
    private let logs: ReplayedLogs
    private let database: Database

    /// Reads these files, and prints what they have. Throws if anything in them is in doubt;
    /// nothing is changed.
    init(of paths: [String], in database: Database) throws {
        self.database = database
        let hosts = try database.hosts().map { host in
            // A realm that somebody else has written says nothing.
            (name: host.name, realm: host.isChanged ? "" : host.realm)
        }
        var logs = ReplayedLogs(
            hosts: ReplayedHosts(hosts), servers: try database.servers(),
            now: try SystemClock().now())
        var progress = Progress()
        for path in paths {
            logs.begin(path)
            var splitter = LogSplitter()
            try LogFile.read(path) { part in
                splitter.add(part) { logs.read($0, isWhole: $1) }
                progress.tell { "\(logs.lines) lines were read" }
            }
            splitter.end { logs.read($0, isWhole: $1) }
        }
        self.logs = logs
        show()
        try warn()
        try check()
    }

    // MARK: What they have

    private func show() {
        print(
            "Lines: \(logs.lines), of swiftotp: \(logs.ownLines), of its servers:"
                + " \(logs.serverLines)")
        if let first = logs.first, let last = logs.last {
            print("Time: from \(Table.time(first)) to \(Table.time(last)) UTC")
        }
        print("Users who have used backup codes, or whose codes have ended: \(logs.users.count)")
        print("Backup codes used: \(logs.codes), users whose codes have all ended: \(logs.ends)")
    }

    /// Says what an admin may have forgotten. The files cannot prove that they are complete.
    private func warn() throws {
        let silent = logs.silentHosts
        if !silent.isEmpty {
            print("Hosts without a line of their own: \(LogReplay.list(silent))")
        }
        if !logs.silentServers.isEmpty {
            print("Servers without a line of their own: \(LogReplay.list(logs.silentServers))")
        }
        if let loss = logs.firstLoss {
            print(
                """
                Careful: loggers have left out lines, by \(logs.lossLines) lines, of which the first is
                \(LogReplay.text(of: loss))
                A backup code that such a line had counts again, if no other machine has logged it.
                """)
        }
        guard let call = try database.lastCall() else { return }
        guard logs.firstOfServers.map({ $0 > call }) ?? true else { return }
        print(
            """
            Careful: the servers' lines begin after \(Table.time(call)) UTC, the last login that the \
            database knows. A backup code that was used in between counts again. If that can be, run \
            this with more files, or without --replay.
            """)
    }

    private func check() throws(FleetProblem) {
        guard logs.unclearLines == 0 else {
            for line in logs.unclear { Process.complain(LogReplay.text(of: line) + "\n") }
            throw FleetProblem(
                """
                \(logs.unclearLines) lines of swiftotp, of which the first are above, cannot be \
                understood, and nothing was changed. If you know what they say, mend them, or take \
                them out; without --replay all backup codes end
                """)
        }
        guard logs.serverLines > 0 else {
            throw FleetProblem(
                """
                none of the lines is surely a server's, with a time and not from a host, and nothing \
                was changed: give the logs of all servers as well. They alone have the backup codes \
                that were used with otp-enroll, and who was reset; without --replay all backup codes \
                end
                """)
        }
    }

    /// A line, and where it is.
    private static func text(of line: ReplayedLogs.Line) -> String {
        "\(line.log):\(line.number): "
            + String(decoding: LogLine.visible(line.text), as: UTF8.self)
    }

    // MARK: Burning

    /// Burns what was used; returns what the audit is to say. It can be interrupted and done again.
    func burn(by act: AdminAct) throws -> String {
        let realms = try database.realms()
        var (users, codes, unknown, done) = (0, 0, [String](), 0)
        var rest = Array(logs.users)[...]
        var progress = Progress()
        while !rest.isEmpty {
            let some = rest.prefix(Database.replayBatch)
            rest = rest.dropFirst(some.count)
            let batch = try database.replay(
                Dictionary(some.map { ($0.key, $0.value) }) { $1 }, in: realms, by: act)
            users += batch.users
            codes += batch.codes
            unknown += batch.unknown.map { String(decoding: LogLine.visible($0), as: UTF8.self) }
            done += some.count
            progress.tell { "\(done) of \(logs.users.count) users" }
        }
        if !unknown.isEmpty {
            print(
                "Not in this database, because they have enrolled since, or are local to a host:"
                    + " \(LogReplay.list(unknown.sorted()))")
        }
        print("Backup codes burnt now: \(codes), of users: \(users)")
        return "replayed \(logs.codes) backup codes of \(logs.users.count) users"
    }

    /// The first few names, and how many more there are.
    private static func list(_ names: [String]) -> String {
        let more = names.count - 10
        return names.prefix(10).joined(separator: ", ") + (more > 0 ? " and \(more) more" : "")
    }

    /// Says how far it is, once a second.
    private struct Progress {
        private var told = ContinuousClock.now

        mutating func tell(_ text: () -> String) {
            guard ContinuousClock.now - told > .seconds(1) else { return }
            told = .now
            print(text())
        }
    }
}
