import OTPCore

extension Database {
    /// What one look at the database says.
    struct Found {
        let floor: UInt64
        let refusal: HostRefusal?
        let row: UserRow?
    }

    private static let lookUpStatement = PostgresStatement(
        "look up",
        """
        SELECT f.floor, f.id, h.id, h.revoked, h.quarantined,
            u.id, u.uid, u.version, u.key_id, u.record, s.failures, s.last, o.failures, o.last
        FROM swiftotp.fleet f
        LEFT JOIN swiftotp.hosts h ON h.id = $3
        LEFT JOIN swiftotp.users u ON u.realm = $1 AND u.name = $2
        LEFT JOIN swiftotp.strangers s ON s.user_id = u.id AND s.host_id = $3
        LEFT JOIN LATERAL (
            SELECT sum(failures)::bigint AS failures, max(last) AS last
            FROM swiftotp.strangers WHERE user_id = u.id AND host_id <> $3) o ON true
        """)

    /// Reads a user's row, without a lock, and whether the host may ask.
    func lookUp(
        realm: [UInt8], name: [UInt8], host: RowID, isDecoy: Bool
    ) throws(StoreError) -> Found {
        let rows = try run(
            Database.lookUpStatement, [.text(realm), .text(name), .id(host)]
        ).rows()
        let sealing = try seal()
        guard let floor = rows.count(0, 0), rows.id(0, 1) == sealing.fleet else {
            throw StoreError(
                .unproven, PostgresAnswer.subject, "it is another fleet's than a moment ago")
        }
        let refusal: HostRefusal? =
            rows.id(0, 2) == nil || rows.int(0, 3) != nil
            ? .revoked : rows.int(0, 4) != nil ? .overBudget : nil
        guard let id = rows.id(0, 5) else {
            return Found(floor: floor, refusal: refusal, row: nil)
        }
        guard let uid = rows.count(0, 6).flatMap({ UInt32(exactly: $0) }),
            let version = rows.int(0, 7), let keyID = rows.bytes(0, 8),
            let record = rows.bytes(0, 9)
        else {
            throw StoreError(.damaged, name, "the row in the database is not what was stored")
        }
        let sealed = try sealing.open(record, under: keyID, of: id, version: version, name: name)
        func strangers(_ column: Int) -> (failures: UInt32, last: UInt64) {
            (UInt32(clamping: rows.int(0, column) ?? 0), rows.count(0, column + 1) ?? 0)
        }
        return Found(
            floor: floor, refusal: refusal,
            row: UserRow(
                id: id, realm: realm, name: name, uid: uid, version: version, sealed: sealed,
                here: strangers(10), elsewhere: strangers(12), isDecoy: isDecoy))
    }

    private static let messagesStatement = PostgresStatement(
        "messages",
        "SELECT count(*) FROM swiftotp.audit WHERE kind = 'message' AND at > $1")

    /// How many messages were sent since then.
    func messages(since time: UInt64) throws(StoreError) -> UInt64 {
        try run(Database.messagesStatement, [.int(clamping: time)]).rows().count(0, 0) ?? .max
    }
}
