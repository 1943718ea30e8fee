import OTPCore

extension Database {
    private static let resealStatement = PostgresStatement(
        "stale",
        """
        SELECT id, name, version, key_id, record FROM swiftotp.users
        WHERE key_id <> $1 AND id > $2 ORDER BY id LIMIT $3
        """)

    private static let resealedStatement = PostgresStatement(
        "resealed",
        """
        UPDATE swiftotp.users SET version = version + 1, key_id = $3, record = $4
        WHERE id = $1 AND version = $2
        """)

    /// Seals up to `limit` rows after `last` anew that an earlier master key has sealed; logins go on
    /// meanwhile. Returns the last row that was looked at; `nil` when there are no more.
    ///
    /// A row that a login changes at the same time is left: the login seals it anew itself.
    public func reseal(after last: RowID?, limit: Int = 100) throws(StoreError) -> RowID? {
        try ready()
        let sealing = try seal()
        let start = last ?? .lowest
        let rows = try run(
            Database.resealStatement,
            [.bytes(sealing.keyID), .id(start), .int(clamping: max(1, limit))]
        ).rows()
        var end: RowID?
        for row in 0..<rows.count {
            guard let id = rows.id(row, 0), let name = rows.bytes(row, 1),
                let version = rows.int(row, 2), let keyID = rows.bytes(row, 3),
                let record = rows.bytes(row, 4), version < .max
            else {
                throw StoreError(.damaged, PostgresAnswer.subject, "a user's row cannot be read")
            }
            let sealed = try sealing.open(
                record, under: keyID, of: id, version: version, name: name)
            let anew = try sealing.seal(sealed, of: id, version: version + 1)
            _ = try run(
                Database.resealedStatement,
                [.id(id), .int(version), .bytes(sealing.keyID), .bytes(anew)]
            ).rows()
            end = id
        }
        return end
    }
}
