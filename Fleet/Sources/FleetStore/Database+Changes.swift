import OTPCore

/// Who changes something of the fleet, and when.
public struct AdminAct: Sendable {
    /// The host that it comes from; empty for a server.
    public var host: String
    /// Who does it.
    public var actor: String
    /// Where it came from, such as `otp-enroll root`.
    public var origin: String
    /// The server's time, in Unix seconds.
    public var time: UInt64

    public init(host: String = "", actor: String, origin: String = "", time: UInt64) {
        self.host = host
        self.actor = actor
        self.origin = origin
        self.time = time
    }
}

extension Database {
    /// Stores a change of something other than a record with its row of the audit, in one
    /// statement. Returns the changed row's `columns`; `nil` if nothing was changed.
    ///
    /// `statement` changes at most one row; its own parameters begin at `$10`.
    func change(
        _ statement: String, _ values: [PostgresValue], _ kind: String, _ detail: String,
        by act: AdminAct, user: UserName? = nil, returning columns: String
    ) throws(StoreError) -> PostgresRows? {
        try ready()
        try checkReceipts()
        let mark = Int64.random(in: .min ... .max)
        let whole = PostgresStatement(
            """
            WITH changed AS (\(statement) RETURNING *),
            told AS (
                INSERT INTO swiftotp.audit
                    (\(Database.auditColumns))
                SELECT $1, $2, $3, $4, $5, $6, $7, '\(kind)', true, $8, $9 FROM changed
                RETURNING seq)
            SELECT \(columns), told.seq FROM changed, told
            """)
        let shared: [PostgresValue] = [
            .int(mark), .int(clamping: act.time), Database.text(settings.server),
            Database.text(act.host), Database.text(user?.realm ?? ""),
            Database.text(user?.name ?? ""),
            Database.text(act.actor), Database.text(detail), Database.text(act.origin),
        ]
        let rows = try store(whole, shared + values).rows()
        guard rows.count == 1 else { return nil }
        return rows
    }
}

/// A user of the fleet.
public struct UserName: Hashable, Sendable {
    /// Which of the users with this name.
    public let realm: String
    /// The name, as passwd spells it.
    public let name: String

    public init(realm: String, name: String) {
        self.realm = realm
        self.name = name
    }
}
