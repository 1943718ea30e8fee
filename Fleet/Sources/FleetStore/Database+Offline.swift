import OTPCore

/// What the audit knows of the offline answers of one user at one host.
public struct OfflineHistory: Sendable, Equatable {
    /// The highest number that was told; 0 for none.
    public let highest: UInt64
    /// Whether just this was told before.
    public let isKnown: Bool
}

extension Database {
    /// The highest number, in the audit.
    private static let highest =
        "coalesce(max(substring(detail from '^answer ([0-9]{1,15}) ')::bigint), 0)::bigint"

    private static let historyStatement = PostgresStatement(
        "offline history",
        """
        SELECT \(highest), coalesce(bool_or(detail = $4), false)
        FROM swiftotp.audit WHERE realm = $1 AND name = $2 AND host = $3 AND kind = 'offline'
        """)

    private static let hostStatement = PostgresStatement(
        "offline host",
        """
        SELECT \(highest), count(*) FILTER (WHERE at > $2)
        FROM swiftotp.audit WHERE host = $1 AND kind = 'offline'
        """)

    /// What was told of a user's answers at a host. `detail` is what would be told now.
    public func offlineHistory(
        of user: String, at host: HostRow, detail: String
    ) throws(StoreError) -> OfflineHistory {
        try ready()
        let rows = try run(
            Database.historyStatement,
            [
                Database.text(host.realm), Database.text(user), Database.text(host.name),
                Database.text(detail),
            ]
        ).rows()
        guard let highest = rows.count(0, 0), let isKnown = rows.bool(0, 1) else {
            throw StoreError(.system, PostgresAnswer.subject, "the audit cannot be read")
        }
        return OfflineHistory(highest: highest, isKnown: isKnown)
    }

    /// The highest number that a host ever told, of anybody; and how much it told since `time`.
    public func offlineHighest(
        at host: HostRow, since time: UInt64
    ) throws(StoreError) -> (highest: UInt64, told: UInt64) {
        try ready()
        let rows = try run(
            Database.hostStatement, [Database.text(host.name), .int(clamping: time)]
        ).rows()
        guard let highest = rows.count(0, 0), let told = rows.count(0, 1) else {
            throw StoreError(.system, PostgresAnswer.subject, "the audit cannot be read")
        }
        return (highest, told)
    }
}
