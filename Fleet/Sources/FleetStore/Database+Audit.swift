import OTPCore

/// A row of the audit.
public struct AuditRow: Sendable, Equatable {
    /// Rises with each row; some numbers are left out.
    public let sequence: Int64
    /// When, in Unix seconds.
    public let time: UInt64
    public let server: String
    public let host: String
    public let user: UserName
    public let actor: String
    public let kind: String
    public let granted: Bool
    public let detail: String
    public let origin: String
}

/// Which rows of the audit to read.
public struct AuditQuery: Sendable {
    /// Only of this user.
    public var user: UserName?
    /// Only from this host.
    public var host: String?
    /// Only since then, in Unix seconds.
    public var since: UInt64 = 0
    /// Only rows after this sequence.
    public var after: Int64 = 0
    /// At most this many, the oldest first.
    public var limit = 1000

    public init() {}
}

extension Database {
    /// Reads the audit, the oldest first.
    public func audit(_ query: AuditQuery) throws(StoreError) -> [AuditRow] {
        try ready()
        var conditions = ["at >= $1", "seq > $2"]
        var values: [PostgresValue] = [
            .int(clamping: query.since), .int(query.after), .int(clamping: max(0, query.limit)),
        ]
        if let user = query.user {
            values += [Database.text(user.realm), Database.text(user.name)]
            conditions.append("realm = $\(values.count - 1) AND name = $\(values.count)")
        }
        if let host = query.host {
            values.append(Database.text(host))
            conditions.append("host = $\(values.count)")
        }
        let statement = PostgresStatement(
            """
            SELECT \(AuditRow.columns) FROM swiftotp.audit
            WHERE \(conditions.joined(separator: " AND ")) ORDER BY seq LIMIT $3
            """)
        let rows = try run(statement, values).rows()
        return (0..<rows.count).compactMap { AuditRow(rows, $0) }
    }

    /// Notes something that changes no record, such as offline logins that a host reports later;
    /// returns the receipt.
    public func note(
        _ entry: AuditEntry, of user: UserName?, by act: AdminAct
    ) throws(StoreError) -> Receipt {
        try ready()
        let mark = Int64.random(in: .min ... .max)
        let rows = try store(
            Database.noteStatement,
            [
                .int(mark), .int(clamping: act.time), Database.text(settings.server),
                Database.text(act.host), Database.text(user?.realm ?? ""),
                Database.text(user?.name ?? ""), Database.text(act.actor),
                Database.text(entry.kind), .bool(entry.granted), Database.text(entry.detail),
                Database.text(act.origin),
            ]
        ).rows()
        guard let sequence = rows.int(0, 0), let floor = rows.count(0, 1) else {
            throw StoreError(.system, PostgresAnswer.subject, "the audit has no new row")
        }
        let receipt = Receipt(floor: floor, sequence: sequence, mark: mark, sealing: try seal())
        state.confirm([receipt], at: place)
        return receipt
    }

    private static let noteStatement = PostgresStatement(
        "note",
        """
        INSERT INTO swiftotp.audit
            (\(Database.auditColumns))
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
        RETURNING seq, (SELECT floor FROM swiftotp.fleet)
        """)
}

extension AuditRow {
    static let columns =
        "seq, at, server, host, realm, name, actor, kind, granted, detail, origin"

    /// A row of `columns`.
    init?(_ rows: PostgresRows, _ row: Int) {
        guard let sequence = rows.int(row, 0), let time = rows.count(row, 1),
            let granted = rows.bool(row, 8)
        else { return nil }
        func text(_ column: Int) -> String { rows.text(row, column) ?? "" }
        self.init(
            sequence: sequence, time: time, server: text(2), host: text(3),
            user: UserName(realm: text(4), name: text(5)), actor: text(6), kind: text(7),
            granted: granted, detail: text(9), origin: text(10))
    }
}
