import FleetNetwork
import FleetStore
import FoundationEssentials
import OTPCore
import OTPWire

/// What `report` tells: who and what of the fleet needs attention, and what the help desk did.
struct FleetReport {
    /// When it was made, in Unix seconds.
    let now: UInt64
    let fleet: String
    /// This server's name.
    let server: String

    /// How many users have a row.
    private(set) var users = 0
    /// Names of users, safe to show, by realm and name. Users of another realm than `main` are named
    /// as `lab:alice`: no name has a colon.
    private(set) var notEnrolled: [String] = []
    /// The enrolled ones.
    private(set) var people = PeopleReport()
    /// Records that cannot be opened.
    private(set) var uselessRecords: [UselessRecord] = []

    let hosts: HostsReport
    let invites: [FleetStore.Invite]
    /// What was done by others than the users themselves, the latest act first.
    private(set) var acts: [AuditRow] = []
    /// Answers that were printed for offline hosts, and what hosts told that is an alarm.
    private(set) var answers: [AuditRow] = []
    private(set) var alarms: [AuditRow] = []
    /// Whether there were more rows than are read.
    let hasMoreActs: Bool

    /// When this server's certificate ends, in Unix seconds; `nil` if there is none yet.
    let serverEnds: UInt64?
    /// When that of the fleet's authority does.
    let authorityEnds: UInt64

    /// A record that cannot be opened.
    struct UselessRecord {
        let user: String
        /// Why, and what to do.
        let problem: String
    }

    /// How many days of the audit it has.
    static let days: UInt64 = 7
    /// What others do for users, as the audit calls it.
    private static let kinds = [
        "unlocked", "temporary-code-issued", "temporary-code-revoked", "reset", "moved",
        "trust-revoked", "contact", "contact-changed", "role",
    ]
    private static let answerKind = "offline-given"
    private static let alarmKind = "offline-alarm"
    /// How many rows of the audit are read.
    private static let mostActs = 10_000

    /// Opens all records, and looks through the audit of the last days.
    init(of folder: ServerFolder, at now: UInt64) throws {
        let (database, policy) = (try folder.database(), try folder.policy())
        self.now = now
        fleet = folder.configuration.fleet
        server = ServerFolder.host
        serverEnds = try folder.storedIdentity().map { FleetReport.seconds($0.end) }
        authorityEnds = FleetReport.seconds(folder.authority.trust.end)
        let start = now - min(now, FleetReport.days * 86_400)
        hosts = HostsReport(try database.hosts(), since: start, at: now)
        invites = try database.openInvites(at: now)
        let rows = try database.acts(
            granted: FleetReport.kinds + [FleetReport.answerKind],
            refused: [FleetReport.alarmKind], since: start, most: FleetReport.mostActs)
        hasMoreActs = rows.count == FleetReport.mostActs
        for row in rows {
            switch row.kind {
            case FleetReport.answerKind: answers.append(row)
            case FleetReport.alarmKind: alarms.append(row)
            // What users do for themselves, at a host, is theirs.
            case _ where row.actor.isEmpty: break
            case _ where !row.host.isEmpty && row.actor == row.user.name: break
            default: acts.append(row)
            }
        }
        try look(in: database, by: policy)
    }

    private mutating func look(in database: Database, by policy: Options) throws {
        let time = now
        for realm in try database.realms() {
            try database.survey(
                of: realm, at: time,
                { RowDocument.Account($0, at: time, boot: nil, options: policy) },
                { user, account in add(FleetReport.shown(user.name), account) })
        }
    }

    private mutating func add(
        _ name: String, _ account: Result<RowDocument.Account?, StoreError>
    ) {
        users += 1
        switch account {
        case .success(let account?):
            if !people.add(account, of: name) { notEnrolled.append(name) }
        case .success(nil): notEnrolled.append(name)
        case .failure(let error):
            uselessRecords.append(
                UselessRecord(user: name, problem: error.detail.withoutSteering))
        }
    }

    private static func seconds(_ date: Date) -> UInt64 {
        UInt64(clamping: Int64(date.timeIntervalSince1970.rounded(.down)))
    }

    /// A host's name, safe to show; `nil` for a server.
    static func shown(host: String) -> String? { host.isEmpty ? nil : host.withoutSteering }

    /// A user's name, safe to show; empty for nobody.
    static func shown(_ user: UserName) -> String {
        let isPlain = user.realm == "main" || user.name.isEmpty
        return (isPlain ? user.name : "\(user.realm):\(user.name)").withoutSteering
    }

    // MARK: What is due

    /// How long before its end a certificate is reported, in seconds: a server makes its own anew
    /// 30 days before, and hosts have to join again when the authority's ends.
    private static let serverMargin: UInt64 = 20 * 86_400
    private static let authorityMargin: UInt64 = 365 * 86_400

    /// Whether this server's certificate should have been made anew.
    var isServerDue: Bool { serverEnds.map { $0 < now + FleetReport.serverMargin } ?? false }
    /// Whether the authority's ends within a year.
    var isAuthorityDue: Bool { authorityEnds < now + FleetReport.authorityMargin }

    /// Whether nobody and nothing needs attention, and the help desk did nothing.
    var isQuiet: Bool {
        notEnrolled.isEmpty && people.isQuiet && uselessRecords.isEmpty && acts.isEmpty
            && answers.isEmpty && alarms.isEmpty && hosts.isQuiet && invites.isEmpty
            && !isServerDue && !isAuthorityDue
    }
}
