extension Database {
    // One statement stores everything, in a transaction of its own: a user's row, the audit, the
    // counts of strangers and the host's budget. `changed` is the row that was stored, if it still
    // had the version that was read, and was sealed under the master key that counts; without it
    // nothing else happens.

    static let updateStatement = PostgresStatement(
        "update",
        """
        WITH changed AS (
            UPDATE swiftotp.users SET version = version + 1, key_id = $17, record = $18,
                enrolled = $19, authenticators = $20, backup_left = $21, failures = $22,
                closed = $23, last_login = $24, uid = $25
            WHERE id = $16 AND version = $30 AND $17 = (SELECT key_id FROM swiftotp.fleet)
            RETURNING id),
        \(strangers), \(tail)
        """)

    static let insertStatement = PostgresStatement(
        "insert",
        """
        WITH changed AS (
            INSERT INTO swiftotp.users (id, realm, name, uid, version, key_id, record, enrolled,
                authenticators, backup_left, failures, closed, last_login)
            SELECT $16, $30, $31, $25, 1, $17, $18, $19, $20, $21, $22, $23, $24
            WHERE $17 = (SELECT key_id FROM swiftotp.fleet)
            ON CONFLICT DO NOTHING
            RETURNING id),
        \(strangers), \(tail)
        """)

    // The row gets another name or UID; the row that had the name, if there is one, loses it before.
    // Both are locked first, as they were read, or neither is changed.
    static let moveStatement = PostgresStatement(
        "move",
        """
        WITH locked AS (
            SELECT id FROM swiftotp.users
            WHERE ((id = $16 AND version = $30) OR (id = $32 AND version = $33))
                AND $17 = (SELECT key_id FROM swiftotp.fleet)
            FOR UPDATE),
        replaced AS (
            UPDATE swiftotp.users SET version = version + 1, key_id = $17, record = $34,
                enrolled = false, authenticators = 0, backup_left = 0, failures = 0,
                closed = false, name = ':' || id::text
            WHERE id = $32 AND (SELECT count(*) FROM locked) = 2
            RETURNING id),
        changed AS (
            UPDATE swiftotp.users SET version = version + 1, key_id = $17, record = $18,
                enrolled = $19, authenticators = $20, backup_left = $21, failures = $22,
                closed = $23, last_login = $24, uid = $25, name = $31
            WHERE id = $16
                AND (SELECT count(*) FROM locked) = CASE WHEN $32 IS NULL THEN 1 ELSE 2 END
                AND (SELECT count(*) FROM replaced) = CASE WHEN $32 IS NULL THEN 0 ELSE 1 END
            RETURNING id),
        \(strangers), \(tail)
        """)

    static let auditStatement = PostgresStatement(
        "audit", "WITH changed AS (SELECT $12 AS id), \(tail)")

    private static let strangers = """
        here AS (
            INSERT INTO swiftotp.strangers (user_id, host_id, failures, last)
            SELECT id, $13, $26, $27 FROM changed WHERE $28
            ON CONFLICT (user_id, host_id)
                DO UPDATE SET failures = excluded.failures, last = excluded.last),
        elsewhere AS (
            UPDATE swiftotp.strangers SET failures = 0
            FROM changed
            WHERE strangers.user_id = changed.id AND $29 AND strangers.host_id <> $13
                AND strangers.failures > 0)
        """

    private static let left =
        "greatest(0, least(\(HostBudget.most),"
        + " budget + greatest(0, $2 - budget_at)) - $14)"

    private static let columns =
        "mark, at, server, host, realm, name, actor, kind, granted, detail, origin, user_id"

    private static let tail = """
        told AS (
            INSERT INTO swiftotp.audit (\(columns))
            SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12 FROM changed
            RETURNING seq),
        counted AS (
            INSERT INTO swiftotp.audit (\(columns))
            SELECT 0, $2, $3, $4, $5, $6, $7, 'message', true, '', $11, $12 FROM changed
            WHERE $15),
        spent AS (
            UPDATE swiftotp.hosts
            SET budget = \(left), budget_at = greatest(budget_at, $2),
                quarantined = CASE WHEN \(left) < \(HostBudget.failure)
                    THEN $2 ELSE quarantined END
            FROM changed
            WHERE hosts.id = $13 AND $14 > 0
            RETURNING quarantined)
        SELECT (SELECT count(*) FROM changed), (SELECT seq FROM told),
            (SELECT quarantined FROM spent)
        """
}
