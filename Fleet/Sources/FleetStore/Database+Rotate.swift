import OTPCore

/// How far one batch of sealing rows anew has come.
public struct ResealedBatch: Sendable, Equatable {
    /// The last row that was looked at; `nil` if there was none.
    public let last: RowID?
    /// How many rows were sealed anew.
    public let resealed: Int
    /// How many rows somebody else changed meanwhile: they have their turn later.
    public let passedOver: Int
    /// The names of rows that cannot be opened.
    public let unreadable: [[UInt8]]
}

extension Database {
    /// How many rows of a batch.
    private static let batch = 100

    /// The id of the master key that counts.
    public func currentKeyID() throws(StoreError) -> [UInt8] {
        try ready()
        try check()
        return try seal().keyID
    }

    /// How many rows are sealed under another master key than the current one.
    public func countOfOtherKeys() throws(StoreError) -> UInt64 {
        try ready()
        let statement = PostgresStatement(
            "SELECT count(*) FROM swiftotp.users WHERE key_id <> $1")
        let rows = try run(statement, [.bytes(seal().keyID)]).rows()
        guard let count = rows.count(0, 0) else {
            throw StoreError(.system, PostgresAnswer.subject, "the rows cannot be counted")
        }
        return count
    }

    private static let otherKeysStatement = PostgresStatement(
        "other keys",
        """
        SELECT id, uid, version, key_id, record, realm, name FROM swiftotp.users
        WHERE key_id <> $1 AND id > $2 ORDER BY id LIMIT \(batch)
        """)

    /// Seals the next rows after `id` under the current master key, each if nobody changes it
    /// meanwhile.
    public func resealBatch(after id: RowID?) throws(StoreError) -> ResealedBatch {
        try ready()
        let sealing = try seal()
        let zero = [UInt8](repeating: 0, count: RowID.length)
        guard let start = id ?? RowID(zero) else {
            throw StoreError(.system, [], "no row comes before the first")
        }
        let rows = try run(
            Database.otherKeysStatement, [.bytes(sealing.keyID), .id(start)]
        ).rows()
        var values: [PostgresValue] = [.bytes(sealing.keyID)]
        var (last, unreadable, list) = (RowID?.none, [[UInt8]](), [String]())
        for row in 0..<rows.count {
            guard let id = rows.id(row, 0) else { continue }
            last = id
            let (realm, name) = (rows.bytes(row, 5) ?? [], rows.bytes(row, 6) ?? [])
            guard let open = (try? opened(rows, row, first: 0, realm, name)) ?? nil,
                let next = try? open.next()
            else {
                unreadable.append(name)
                continue
            }
            let sealed = try sealing.seal(open.sealed, of: open.place, version: next)
            values += [.id(id), .int(open.version), .bytes(sealed)]
            let first = values.count - 2
            list.append("($\(first)::uuid, $\(first + 1)::bigint, $\(first + 2)::bytea)")
        }
        guard !list.isEmpty else {
            return ResealedBatch(last: last, resealed: 0, passedOver: 0, unreadable: unreadable)
        }
        let statement = PostgresStatement(
            """
            UPDATE swiftotp.users AS u SET version = u.version + 1, key_id = $1, record = n.record
            FROM (VALUES \(list.joined(separator: ", "))) AS n (id, version, record)
            WHERE u.id = n.id AND u.version = n.version RETURNING u.id
            """)
        let answer = try store(statement, values)
        let count =
            if case .failed(let failure) = answer, failure.isConflict { 0 } else {
                try answer.rows().count
            }
        return ResealedBatch(
            last: last, resealed: count, passedOver: list.count - count, unreadable: unreadable)
    }
}

extension Schema {
    /// Makes `key` the one that counts for all servers, in place of the one with `id`; `false` if
    /// another one counts by now. Only the owner of the tables may.
    public static func switchKey(
        on connection: PostgresConnection, to key: SealKey, from id: [UInt8], by act: AdminAct,
        server: String, until deadline: ContinuousClock.Instant
    ) throws(StoreError) -> Bool {
        let found = try connection.run(
            PostgresStatement("SELECT id FROM swiftotp.fleet"), until: deadline
        ).rows()
        guard let fleet = found.id(0, 0) else { throw Schema.notInstalled }
        let marker = try RecordSealing(fleet: fleet, keys: MasterKeys(current: key)).marker()
        let statement = PostgresStatement(
            """
            WITH changed AS (
                UPDATE swiftotp.fleet SET key_id = $1, marker = $2 WHERE key_id = $3 RETURNING id),
            told AS (
                INSERT INTO swiftotp.audit
                    (\(Database.auditColumns))
                SELECT 0, $4, $5, '', '', '', $6, 'key-rotated', true, '', $7 FROM changed)
            SELECT count(*) FROM changed
            """)
        let rows = try connection.run(
            statement,
            [
                .bytes(key.id), .bytes(marker), .bytes(id), .int(clamping: act.time),
                Database.text(server), Database.text(act.actor), Database.text(act.origin),
            ], until: deadline
        ).rows()
        return rows.int(0, 0) == 1
    }
}
