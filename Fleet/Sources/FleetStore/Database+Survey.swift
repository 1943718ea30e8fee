import OTPCore

// What a report about the whole fleet needs: every record once, and some rows of the audit.
extension Database {
    // MARK: Records

    /// How many records are open at once.
    private static let surveyed = 500

    private static let realmStatement = PostgresStatement(
        "realm", "SELECT realm FROM swiftotp.users WHERE realm > $1 ORDER BY realm LIMIT 1")

    /// The realms that have users, by name. The empty one is that of decoys.
    public func realms() throws(StoreError) -> [String] {
        try ready()
        var realms: [String] = []
        while true {
            let rows = try run(
                Database.realmStatement, [Database.text(realms.last ?? "")]
            ).rows()
            guard let next = rows.text(0, 0) else { return realms }
            realms.append(next)
        }
    }

    /// Opens the records of everybody in a realm, by name, some at a time. `body` gets what `look`
    /// has made of each; `nil` where there is no record, or why one cannot be opened.
    public func survey<Row>(
        of realm: String, at time: UInt64, _ look: (inout Record) -> Row,
        _ body: (UserSummary, Result<Row?, StoreError>) -> Void
    ) throws(StoreError) {
        var last = ""
        while true {
            let page = try users(in: realm, after: last, limit: Database.surveyed)
            try survey(page, of: realm, at: time, look, body)
            guard page.count == Database.surveyed, let name = page.last?.name.name else { return }
            last = name
        }
    }

    private func survey<Row>(
        _ page: [UserSummary], of realm: String, at time: UInt64,
        _ look: (inout Record) -> Row,
        _ body: (UserSummary, Result<Row?, StoreError>) -> Void
    ) throws(StoreError) {
        let nobody = User(name: [], uid: .max, gid: .max)
        _ = try self.look(Act(onServer: realm, about: nobody, time: time)) {
            (records) throws(StoreError) in
            try records.prepare(names: page.map { Array($0.name.name.utf8) }, numbers: [])
            for summary in page {
                let user = User(
                    name: Array(summary.name.name.utf8), uid: summary.uid, gid: .max)
                var found: Result<Row?, StoreError> = .success(nil)
                do throws(StoreError) {
                    if let session = try records.openForReading(user) {
                        found = .success(session.withRecord { look(&$0) })
                    }
                } catch {
                    found = .failure(error)
                }
                body(summary, found)
            }
            return []
        }
    }

    // MARK: The audit

    /// How many numbers of the audit's rows are looked through at once. Most rows are logins, which
    /// no index leaves out.
    private static let window: Int64 = 100_000

    private static let newestStatement = PostgresStatement(
        "newest", "SELECT seq, at FROM swiftotp.audit WHERE seq <= $1 ORDER BY seq DESC LIMIT 1")
    private static let actsStatement = PostgresStatement(
        "acts",
        """
        SELECT \(AuditRow.columns) FROM swiftotp.audit
        WHERE seq > $1 AND seq <= $2 AND at >= $3
            AND ((granted AND kind = ANY($4::text[])) OR (NOT granted AND kind = ANY($5::text[])))
        ORDER BY seq DESC
        """)

    /// The rows of the audit since `time` (Unix seconds) of what was granted of some kinds, and
    /// refused of others; the latest first, and at most `most`.
    public func acts(
        granted: [String], refused: [String], since time: UInt64, most: Int
    ) throws(StoreError) -> [AuditRow] {
        try ready()
        let kinds = [granted, refused].map { kinds in
            Database.list(kinds.map { Array($0.utf8) })
        }
        var (acts, end) = ([AuditRow](), Int64.max)
        while acts.count < most {
            let newest = try run(Database.newestStatement, [.int(end)]).rows()
            guard let last = newest.int(0, 0), let at = newest.count(0, 1), at >= time else {
                break
            }
            let (start, isOver) = last.subtractingReportingOverflow(Database.window)
            guard !isOver else { break }
            let rows = try run(
                Database.actsStatement,
                [.int(start), .int(last), .int(clamping: time)] + kinds
            ).rows()
            acts += (0..<rows.count).compactMap { AuditRow(rows, $0) }
            end = start
        }
        return Array(acts.prefix(most))
    }

    // MARK: Invites

    private static let openInvitesStatement = PostgresStatement(
        "SELECT hash FROM swiftotp.invites WHERE used IS NULL AND ends > $1 ORDER BY ends")

    /// The invites that can still be used.
    public func openInvites(at now: UInt64) throws(StoreError) -> [Invite] {
        try ready()
        let rows = try run(Database.openInvitesStatement, [.int(clamping: now)]).rows()
        return (0..<rows.count).compactMap { row in
            // One that somebody else has changed is refused, and so is no invite.
            rows.bytes(row, 0).flatMap { try? invite(hash: $0, at: now) }
        }
    }
}
