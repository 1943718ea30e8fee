import ArgumentParser
import FleetNetwork
import FleetStore
import OTPCore

/// `swiftotp-server users`
struct Users: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "List the users of a realm.")

    @OptionGroup var folder: FolderOption
    @Option(help: "Of this realm.")
    var realm = "main"

    func run() throws {
        let database = try folder.open().database()
        var rows = [["USER", "UID", "DEVICES", "CODES", "FAILURES", "LAST LOGIN", "ROLE"]]
        var last = ""
        while true {
            let page = try database.users(in: realm, after: last)
            for user in page {
                rows.append([
                    user.name.name, "\(user.uid)", "\(user.authenticators)",
                    "\(user.backupCodesLeft)",
                    user.isClosed ? "closed" : "\(user.failures)",
                    user.lastLogin.map(Table.time) ?? "never",
                    try role(of: user.name, in: database),
                ])
            }
            guard page.count == 1000, let name = page.last?.name.name else { break }
            last = name
        }
        Table.show(rows)
    }

    private func role(of user: UserName, in database: Database) throws -> String {
        do throws(StoreError) {
            return try database.role(of: user) ?? ""
        } catch {
            guard error.code == .damaged else { throw error }
            return "refused: changed in the database"
        }
    }
}

/// `swiftotp-server role`
struct Role: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Give a user a role, or take it.",
        discussion: """
            At hosts with the right `admin`, each time with a code of their own:

            \(Role.table)
            """)

    /// What each role may do.
    private static let table = FleetRole.allCases.map { role in
        (["    \(role.rawValue)"] + role.doc.map { "      \($0)" }).joined(separator: "\n")
    }.joined(separator: "\n")

    @OptionGroup var folder: FolderOption
    @Argument(help: "The user's name.")
    var user: String
    @Argument(help: "\(FleetRole.names) or none.")
    var role: String
    @Option(help: "Of this realm.")
    var realm = "main"

    func run() throws {
        let folder = try folder.open()
        guard role == "none" || FleetRole(rawValue: role) != nil else {
            throw FleetProblem("the roles are \(FleetRole.names) and none")
        }
        let name = UserName(realm: realm, name: user)
        guard
            try folder.database().setRole(
                role == "none" ? nil : role, of: name, by: folder.act())
        else { throw FleetProblem("there is no user \"\(user)\" in the realm \"\(realm)\"") }
        print(role == "none" ? "\(user) has no role." : "\(user) has the role \(role).")
    }
}

/// `swiftotp-server audit`
struct Audit: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show what was done, and by whom; the oldest first.")

    @OptionGroup var folder: FolderOption
    @Option(help: "About this user.")
    var user: String?
    @Option(help: "Of this realm.")
    var realm = "main"
    @Option(help: "At this host.")
    var host: String?
    @Option(help: "In the last so many hours.")
    var hours: UInt64 = 24

    func run() throws {
        let folder = try folder.open()
        let database = try folder.database()
        let now = try folder.act().time
        var query = AuditQuery()
        query.user = user.map { UserName(realm: realm, name: $0) }
        query.host = host
        query.since = now - min(now, hours.multipliedReportingOverflow(by: 3600).partialValue)
        var rows = [["TIME", "HOST", "USER", "WHAT", "HOW", "FROM", "BY"]]
        while true {
            let page = try database.audit(query)
            for row in page {
                rows.append([
                    Table.time(row.time), row.host, row.user.name, row.kind,
                    (row.granted ? "granted " : "refused ") + row.detail, row.origin, row.actor,
                ])
            }
            guard page.count == query.limit, let end = page.last?.sequence else { break }
            query.after = end
        }
        Table.show(rows)
    }
}
