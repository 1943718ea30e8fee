/// What a unit of work changes beside a user's row.
///
/// PostgreSQL sets up each part of a statement, whether or not it changes anything, and that takes
/// longer than a login's own part. So a statement has only the parts that are needed.
struct StatementParts: OptionSet {
    let rawValue: Int

    /// The count of what strangers have failed with the user at this host.
    static let here = StatementParts(rawValue: 1)
    /// The same at the other hosts, which becomes 0.
    static let elsewhere = StatementParts(rawValue: 2)
    /// A message in the audit.
    static let message = StatementParts(rawValue: 4)
    /// The host's budget.
    static let budget = StatementParts(rawValue: 8)
}

extension Database {
    // One statement stores everything, in a transaction of its own: a user's row, the audit, the
    // counts of strangers and the host's budget. `changed` is the row that was stored, if it still
    // had the version that was read, and was sealed under the master key that counts; without it
    // nothing else happens. The parameters are the same ones whatever the parts.

    /// What a unit of work stores.
    enum Storing: String {
        case audit, insert, update
        /// The row gets another name or UID; the row that had the name, if there is one, loses it
        /// before. Both are locked first, as they were read, or neither is changed.
        case move
    }

    /// The statement that stores these. Its row, if anything was stored, has the number of the
    /// audit's row, and since when the host has no budget left.
    static func statement(_ storing: Storing, _ parts: StatementParts) -> PostgresStatement {
        var clauses = [changed(storing)]
        if parts.contains(.here) { clauses.append(here) }
        if parts.contains(.elsewhere) { clauses.append(elsewhere) }
        if parts.contains(.message) { clauses.append(counted) }
        if parts.contains(.budget) { clauses.append(spent) }
        let quarantined =
            parts.contains(.budget) ? "(SELECT quarantined FROM spent)" : "NULL::bigint"
        return PostgresStatement(
            "\(storing.rawValue) \(parts.rawValue)",
            """
            WITH \(clauses.joined(separator: ",\n"))
            INSERT INTO swiftotp.audit (\(columns))
            SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12 FROM changed
            RETURNING seq, \(quarantined)
            """)
    }

    private static func changed(_ storing: Storing) -> String {
        switch storing {
        case .audit: "changed AS (SELECT $12 AS id)"
        case .insert:
            """
            changed AS (
                INSERT INTO swiftotp.users (id, realm, name, uid, version, key_id, record,
                    enrolled, authenticators, backup_left, failures, closed, last_login)
                SELECT $15, $27, $28, $24, 1, $16, $17, $18, $19, $20, $21, $22, $23
                WHERE $16 = (SELECT key_id FROM swiftotp.fleet)
                ON CONFLICT DO NOTHING
                RETURNING id)
            """
        case .update:
            """
            changed AS (
                UPDATE swiftotp.users SET \(stored)
                WHERE id = $15 AND version = $27
                    AND $16 = (SELECT key_id FROM swiftotp.fleet)
                RETURNING id)
            """
        case .move:
            """
            locked AS (
                SELECT id FROM swiftotp.users
                WHERE ((id = $15 AND version = $27) OR (id = $29 AND version = $30))
                    AND $16 = (SELECT key_id FROM swiftotp.fleet)
                FOR UPDATE),
            replaced AS (
                UPDATE swiftotp.users SET version = version + 1, key_id = $16, record = $31,
                    enrolled = false, authenticators = 0, backup_left = 0, failures = 0,
                    closed = false, name = ':' || id::text
                WHERE id = $29 AND (SELECT count(*) FROM locked) = 2
                RETURNING id),
            changed AS (
                UPDATE swiftotp.users SET \(stored), name = $28
                WHERE id = $15
                    AND (SELECT count(*) FROM locked) = CASE WHEN $29 IS NULL THEN 1 ELSE 2 END
                    AND (SELECT count(*) FROM replaced) = CASE WHEN $29 IS NULL THEN 0 ELSE 1 END
                RETURNING id)
            """
        }
    }

    private static let stored = """
        version = version + 1, key_id = $16, record = $17, enrolled = $18, authenticators = $19,
            backup_left = $20, failures = $21, closed = $22, last_login = $23, uid = $24
        """

    private static let here = """
        here AS (
            INSERT INTO swiftotp.strangers (user_id, host_id, failures, last)
            SELECT id, $13, $25, $26 FROM changed
            ON CONFLICT (user_id, host_id)
                DO UPDATE SET failures = excluded.failures, last = excluded.last)
        """

    private static let elsewhere = """
        elsewhere AS (
            UPDATE swiftotp.strangers SET failures = 0
            FROM changed
            WHERE strangers.user_id = changed.id AND strangers.host_id <> $13
                AND strangers.failures > 0)
        """

    /// The columns of the audit that each row has.
    static let auditColumns =
        "mark, at, server, host, realm, name, actor, kind, granted, detail, origin"
    /// The same, and whose row it is about.
    static let columns = "\(auditColumns), user_id"

    private static let counted = """
        counted AS (
            INSERT INTO swiftotp.audit (\(columns))
            SELECT 0, $2, $3, $4, $5, $6, $7, 'message', true, '', $11, $12 FROM changed)
        """

    private static let left =
        "greatest(0, least(\(HostBudget.most),"
        + " budget + greatest(0, $2 - budget_at)) - $14)"

    private static let spent = """
        spent AS (
            UPDATE swiftotp.hosts
            SET budget = \(left), budget_at = greatest(budget_at, $2),
                quarantined = CASE WHEN \(left) < \(HostBudget.failure)
                    THEN $2 ELSE quarantined END
            FROM changed
            WHERE hosts.id = $13
            RETURNING quarantined)
        """
}
