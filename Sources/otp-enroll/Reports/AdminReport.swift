import OTPCore
import OTPStore
import OTPWire

/// What `report` tells: who needs attention, and what the help desk did.
struct AdminReport {
    /// When it was made, in Unix seconds.
    let now: UInt64
    /// How many users there are.
    private(set) var users = 0

    // Names of users, safe to show.
    private(set) var notEnrolled: [String] = []
    /// Not enrolled, and in the group of those who are asked for no code.
    private(set) var exempt: [String] = []
    /// The enrolled ones.
    private(set) var people = PeopleReport()

    /// Records that nobody can use.
    private(set) var uselessRecords: [UselessRecord] = []
    /// What the help desk did in the last days, the latest act first.
    private(set) var acts: [HelpDeskDocument.Act] = []
    /// Whether there may have been more acts than the service keeps or tells.
    private(set) var hasMoreActs = false
    /// Why some users may be missing.
    private(set) var doubt: String?

    private var unreadable = UnreadableRecords()
    private let exemptGroup: [UInt8]?

    /// A record that nobody can use.
    struct UselessRecord {
        let uid: UInt32
        /// What is wrong with it, in one clause.
        let problem: String
        /// What helps, or says more.
        let command: String
    }

    /// How many days of the help desk's acts it has.
    static let days: UInt64 = 7

    /// Looks at everybody, and at what the help desk did.
    init(_ context: Context, at now: UInt64) throws {
        self.now = now
        exemptGroup = try context.policy().exemptGroup.map { Array($0.utf8) }
        let roster = Roster(context)
        try context.service.series {
            let entries = try roster.entries(group: nil) { text, _ in doubt = text }
            try roster.look(at: entries) { try add($0, $1) }
            switch try context.ask(.helpDesk) {
            case .helpDesk(let desk): addActs(desk.acts)
            case let other: throw context.failure(other)
            }
        }
    }

    private mutating func add(
        _ entry: Roster.Entry, _ finding: Roster.Finding<RowDocument.Account>
    ) throws {
        switch finding {
        case .nothing:
            users += 1
            if let user = entry.users.first { try addMissing(user) }
        case .found(let account, let user):
            users += 1
            if !people.add(account, of: Output.printable(user.name)) { try addMissing(user) }
        case .unreadable(let error):
            users += entry.users.isEmpty ? 0 : 1
            unreadable.add(entry, error)
            uselessRecords.append(
                UselessRecord(
                    uid: entry.uid, problem: "\(entry.shownName): \(error.shortText)",
                    command: "otp-enroll status \(entry.name ?? "NAME")"))
        case .orphan(let orphan?):
            uselessRecords.append(
                UselessRecord(
                    uid: entry.uid, problem: orphan.sentence, command: orphan.command))
        // Only the help desk has users hidden from it, and every record is asked for.
        case .hidden, .orphan(nil): break
        }
    }

    private mutating func addMissing(_ user: User) throws {
        let name = Output.printable(user.name)
        if let exemptGroup, try SystemUsers().isMember(user, of: exemptGroup) {
            exempt.append(name)
        } else {
            notEnrolled.append(name)
        }
    }

    private mutating func addActs(_ all: [HelpDeskDocument.Act]) {
        let start = now - min(now, AdminReport.days * 86_400)
        acts = all.filter { $0.time >= start }
        hasMoreActs = acts.count == all.count && all.count >= HelpDeskDocument.mostActs
    }

    /// Whether nobody needs attention, and the help desk did nothing.
    var isQuiet: Bool {
        notEnrolled.isEmpty && people.isQuiet && uselessRecords.isEmpty && acts.isEmpty
    }

    /// The error to end with if some records could not be read.
    var failure: Failure? { unreadable.failure }

    // MARK: For scripts

    /// The members of the object that `report --json` prints.
    var json: [JSON.Member] {
        func list(_ names: [String]) -> JSON { .list(names.map(JSON.text)) }
        let useless = uselessRecords.map { record in
            JSON.object([
                "uid": .number(Int64(record.uid)), "problem": .text(record.problem),
                "command": .text(record.command),
            ])
        }
        let start: [JSON.Member] = [
            JSON.Member("host", .text(Output.printable(Machine.hostName))),
            JSON.Member("time", .time(now)), JSON.Member("users", .count(users)),
            JSON.Member("enrolled", .count(people.enrolled)),
            JSON.Member("not_enrolled", list(notEnrolled)), JSON.Member("exempt", list(exempt)),
        ]
        let end: [JSON.Member] = [
            JSON.Member("useless_records", .list(useless)),
            JSON.Member("helpdesk_acts", .list(acts.map(\.json))),
            JSON.Member("may_miss_users", .bool(doubt != nil)),
        ]
        return start + people.json + end
    }
}
