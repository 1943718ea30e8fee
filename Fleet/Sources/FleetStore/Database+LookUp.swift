import OTPCore

extension Database {
    /// What one look at the database says.
    struct Found {
        let floor: UInt64
        let codesFloor: UInt64
        let refusal: HostRefusal?
        let row: UserRow?
        let decoy: UserRow?
    }

    /// Failures of strangers with the user `u`: at the host `$3` as `s`, and at all others as `o`.
    static let strangersJoin = """
        LEFT JOIN swiftotp.strangers s ON s.user_id = u.id AND s.host_id = $3
        LEFT JOIN LATERAL (
            SELECT sum(failures)::bigint AS failures, max(last) AS last
            FROM swiftotp.strangers WHERE user_id = u.id AND host_id <> $3) o ON true
        """

    private static let lookUpStatement = PostgresStatement(
        "look up",
        """
        SELECT f.floor, f.id, h.id, h.revoked,
            CASE WHEN h.budget + greatest(0, $5 - h.budget_at) < \(HostBudget.failure)
                THEN 1::bigint END,
            u.id, u.uid, u.version, u.key_id, u.record, s.failures, s.last, o.failures, o.last,
            d.id, d.uid, d.version, d.key_id, d.record, f.codes_floor
        FROM swiftotp.fleet f
        LEFT JOIN swiftotp.hosts h ON h.id = $3
        LEFT JOIN swiftotp.users u ON u.realm = $1 AND u.name = $2
        LEFT JOIN swiftotp.users d ON d.realm = '' AND d.name = $4
        \(strangersJoin)
        """)

    /// Reads a user's row and the decoy that stands in for it, without a lock, and whether the host
    /// may ask. Both are always read, so that a name without a row takes as long as one with it.
    func lookUp(
        realm: [UInt8], name: [UInt8], host: RowID, decoy: [UInt8], at time: UInt64
    ) throws(StoreError) -> Found {
        let rows = try run(
            Database.lookUpStatement,
            [.text(realm), .text(name), .id(host), .text(decoy), .int(clamping: time)]
        ).rows()
        guard let floor = rows.count(0, 0), let codesFloor = rows.count(0, 19),
            rows.id(0, 1) == (try seal().fleet)
        else {
            throw StoreError(
                .unproven, PostgresAnswer.subject, "it is another fleet's than a moment ago")
        }
        let refusal: HostRefusal? =
            rows.id(0, 2) == nil || rows.int(0, 3) != nil
            ? .revoked : rows.int(0, 4) != nil ? .overBudget : nil
        let row = try opened(rows, 0, first: 5, realm, name)
        row?.here = rows.strangers(0, 10)
        row?.elsewhere = rows.strangers(0, 12)
        return Found(
            floor: floor, codesFloor: codesFloor, refusal: refusal, row: row,
            decoy: try opened(rows, 0, first: 14, [], decoy))
    }

    /// The user's row whose columns begin at `first`; `nil` if there is none.
    func opened(
        _ rows: PostgresRows, _ row: Int, first: Int, _ realm: [UInt8], _ name: [UInt8]
    ) throws(StoreError) -> UserRow? {
        guard let id = rows.id(row, first) else { return nil }
        guard let uid = rows.count(row, first + 1).flatMap({ UInt32(exactly: $0) }),
            let version = rows.int(row, first + 2), let keyID = rows.bytes(row, first + 3),
            let record = rows.bytes(row, first + 4)
        else {
            throw StoreError(.damaged, name, "the row in the database is not what was stored")
        }
        let place = RecordSealing.Place(id: id, realm: realm, name: name, uid: uid)
        let sealed = try seal().open(record, under: keyID, of: place, version: version)
        return UserRow(
            id: id, realm: realm, name: name, uid: uid, version: version, sealed: sealed,
            isDecoy: realm.isEmpty)
    }

    private static let messagesStatement = PostgresStatement(
        "messages",
        """
        SELECT count(*), count(*) FILTER (WHERE host = $2)
        FROM swiftotp.audit WHERE kind = 'message' AND at > $1
        """)

    /// How many messages were sent since then, and how many of these a host has asked for.
    func messages(
        since time: UInt64, by host: HostRow
    ) throws(StoreError) -> (all: UInt64, byHost: UInt64) {
        let rows = try run(
            Database.messagesStatement, [.int(clamping: time), Database.text(host.name)]
        ).rows()
        return (rows.count(0, 0) ?? .max, rows.count(0, 1) ?? .max)
    }
}
