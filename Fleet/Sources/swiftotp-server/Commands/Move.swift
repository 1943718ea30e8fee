import ArgumentParser
import FleetNetwork
import FleetStore
import Glibc
import OTPCore
import OTPStore
import OTPSystem

/// `swiftotp-server move`
struct Move: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Give users who were renamed their records back, all of a map at once.",
        discussion: """
            The map has one line for each: an old and a new name, such as

                bob bob@example.com

            The old one may also be a UID. Devices, roles and the UID stay, and so does what was used; \
            users are told. For a user with another UID, see `otp-enroll move` at a host.

            It shows first what would happen, and asks. If a line cannot be moved, because the old user \
            has no record or the new one is enrolled, nothing is changed. A run that was interrupted is \
            given again: what was moved already is left alone. The server does not know whether somebody \
            still has an old name at a host: look there first.
            """)

    @OptionGroup var folder: FolderOption
    @Option(
        help: ArgumentHelp("An old and a new user per line.", valueName: "file"),
        completion: .file())
    var map: String
    @Option(help: "Of this realm.")
    var realm = "main"
    @Flag(help: "Show what would happen, and change nothing.")
    var dryRun = false
    @Flag(help: "Do not ask.")
    var yes = false

    func run() throws {
        SystemLog.open(as: "swiftotp-server")
        let lines = try read()
        let folder = try folder.open()
        let policy = try folder.policy()
        let database = try folder.database(window: policy.window)
        guard try database.realms().contains(realm) else {
            throw FleetProblem("there are no users in the realm \"\(realm.withoutSteering)\"")
        }
        let time = try folder.act().time
        let plan = try MovePlan(lines) { (line) throws(StoreError) in
            try database.lookToMove(line.old, to: line.new, in: realm, at: time)
        }
        Move.show(plan)
        let refused = plan.refused
        if let first = refused.first {
            throw FleetProblem(
                "\(Counted.text(refused.count, "line")) cannot be moved, nothing was changed; the first"
                    + " is line \(first.line.number): \(first.outcome.text.withoutSteering)")
        }
        let count = plan.order.count
        guard !dryRun else {
            print("\(count) of \(count) would be moved. This was a dry run: nothing was changed.")
            return
        }
        if count > 0, !yes, !Move.agrees("Move \(Counted.text(count, "record"))?") {
            throw FleetProblem("nothing was moved")
        }
        try move(plan, in: database, of: folder, by: policy)
        let before = plan.done == 0 ? "" : " \(plan.done) were moved already."
        print("\(count) of \(count) moved.\(before)")
    }

    private func move(
        _ plan: MovePlan, in database: Database, of folder: ServerFolder, by policy: Options
    ) throws {
        let messages = PendingMessages(
            host: ServerFolder.host, fleet: folder.configuration.fleet, language: policy.language)
        // Told of what was moved, even if not all of it was.
        defer { Outbox.sendNow(messages.messages) }
        for (place, index) in plan.order.enumerated() {
            let row = plan.rows[index]
            guard let owner = row.owner else { continue }
            let act = try folder.act()
            do throws(StoreError) {
                let changes = try database.move(owner, to: row.line.new, in: realm, by: act)
                log(owner, to: row.line.new, by: act)
                guard policy.notifiesByMail else { continue }
                for change in changes { messages.tell(change, by: policy) }
            } catch {
                // Unless somebody else was in the way, nobody knows whether it was stored.
                if error.code != .exists, error.code != .missing {
                    log(owner, to: row.line.new, by: act, isStored: false)
                }
                let why = String(decoding: error.text, as: UTF8.self).withoutSteering
                throw FleetProblem(
                    "\(place) of \(plan.order.count) were moved, and line \(row.line.number) was not:"
                        + " \(why); run this again")
            }
        }
    }

    /// Without this line `restored --replay` could not tell that a code that was used under the new
    /// name is one that a backup has under the old one.
    private func log(
        _ owner: User, to name: String, by act: AdminAct, isStored: Bool = true
    ) {
        let event = Event(.moved, at: act.time, detail: [], origin: [])
        var line = LogLine(event, from: owner)
        line.add("by", outside: Array(act.actor.utf8))
        line.add("user", outside: Array(name.utf8))
        line.add("realm", outside: Array(realm.utf8))
        if !isStored { line.addUnstored() }
        SystemLog.write(line.bytes, LOG_NOTICE)
    }

    private func read() throws -> [MoveMap.Line] {
        let name = map.withoutSteering
        let text = try PrivateFile.readAny(map, upTo: MoveMap.maximumLength)
        do throws(MoveMap.Problem) {
            return try MoveMap(text).lines
        } catch {
            for line in error.lines.prefix(MoveMap.mostTold) {
                Process.complain("swiftotp-server: \(name) \(line)\n")
            }
            throw FleetProblem(
                "\(Counted.text(error.lines.count, "line")) of \(name) cannot be, nothing was moved; "
                    + MoveMap.expectation)
        }
    }

    private static func show(_ plan: MovePlan) {
        let rows = plan.rows.map { row in
            ["\(row.line.number)", row.line.old, row.line.new, row.outcome.text]
        }
        Table.show([["LINE", "OLD", "NEW", "WHAT"]] + rows)
    }

    /// Asks for a yes if there is a terminal. A script is not asked.
    private static func agrees(_ question: String) -> Bool {
        guard isatty(STDIN_FILENO) == 1 else { return true }
        Process.complain("\(question) [y/N] ")
        let answer = (readLine() ?? "").lowercased()
        return ["y", "yes"].contains(answer.filter { $0 != " " })
    }
}
