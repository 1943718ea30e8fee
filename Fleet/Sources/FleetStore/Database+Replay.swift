import OTPCore

/// What became of users in the logs.
public struct ReplayedBatch: Sendable, Equatable {
    /// How many users have lost backup codes now.
    public internal(set) var users = 0
    /// How many codes that were.
    public internal(set) var codes = 0
    /// The names that are nobody's in the database.
    public internal(set) var unknown: [[UInt8]] = []
}

// Burning what the logs say, before `Schema.restored` moves the floor: once it has moved, any
// server may open any record. Until then a burnt code is only one more that is burnt, so that all
// of it can be interrupted, and done again.
extension Database {
    /// How many names are best looked up at once.
    public static let replayBatch = 100
    /// How many rows are stored at once. A name may be in as many realms as there are hosts, and a
    /// statement has at most 65,535 parameters.
    private static let mostBurnt = 1000

    private static let lastCallStatement = PostgresStatement(
        "SELECT at FROM swiftotp.audit WHERE host <> '' ORDER BY seq DESC LIMIT 1")

    /// When a host asked for the last thing that the database knows of, in Unix seconds; `nil` for
    /// never.
    public func lastCall() throws(StoreError) -> UInt64? {
        try ready()
        return try run(Database.lastCallStatement, []).rows().count(0, 0)
    }

    // No index has the servers, and the audit may have millions of rows.
    private static let serversStatement = PostgresStatement(
        """
        SELECT DISTINCT server FROM (
            SELECT server FROM swiftotp.audit WHERE host <> '' ORDER BY seq DESC LIMIT 100000
        ) AS latest ORDER BY server
        """)

    /// The names of the servers that hosts have asked for the last things that the database knows
    /// of.
    public func servers() throws(StoreError) -> [String] {
        try ready()
        let rows = try run(Database.serversStatement, []).rows()
        return (0..<rows.count).compactMap { rows.text($0, 0) }
    }

    /// Burns backup codes of the users with these names, by name and realm; what is known by ""
    /// holds in each of `realms`. Each record is changed as it was read, or read again.
    ///
    /// Throws if a record cannot be opened: nobody knows whether the code that it should lose would
    /// be good again.
    public func replay(
        _ uses: [[UInt8]: [String: BackupCodeUse]], in realms: [String], by act: AdminAct
    ) throws(StoreError) -> ReplayedBatch {
        try ready()
        var done = ReplayedBatch()
        for _ in 0..<Database.maximumTries {
            if try burn(uses, in: realms, by: act, &done) { return done }
        }
        throw StoreError(
            .busy, [], "records keep being changed by somebody else: stop the servers first")
    }

    private static let replayedStatement = PostgresStatement(
        "to replay",
        """
        SELECT id, uid, version, key_id, record, realm, name FROM swiftotp.users
        WHERE realm = ANY($1::text[]) AND name = ANY($2::text[])
        """)

    /// Does it once; whether nobody was in the way.
    private func burn(
        _ uses: [[UInt8]: [String: BackupCodeUse]], in realms: [String], by act: AdminAct,
        _ done: inout ReplayedBatch
    ) throws(StoreError) -> Bool {
        let names = uses.keys.filter { FleetRecords.isText($0) }
        let rows = try run(
            Database.replayedStatement,
            [Database.list(realms.map { Array($0.utf8) }), Database.list(names)]
        ).rows()
        var (found, burnt) = (Set<[UInt8]>(), [BurntRow]())
        for row in 0..<rows.count {
            guard let realm = rows.bytes(row, 5), let name = rows.bytes(row, 6),
                let open = try opened(rows, row, first: 0, realm, name), let known = uses[name]
            else { continue }
            found.insert(name)
            var use = known["", default: BackupCodeUse()]
            let own = String(decoding: realm, as: UTF8.self)
            if !own.isEmpty, let more = known[own] { use.add(more) }
            if let row = try BurntRow(open, use, by: act) { burnt.append(row) }
        }
        done.unknown = uses.keys.filter { !found.contains($0) }
        for start in stride(from: 0, to: burnt.count, by: Database.mostBurnt) {
            let some = burnt[start..<min(start + Database.mostBurnt, burnt.count)]
            guard try store(some, by: act, &done) else { return false }
        }
        return true
    }

    /// A row that has lost codes, as it is to be stored.
    private struct BurntRow {
        let row: UserRow
        let codes: Int
        let left: Int

        /// `nil` if none of its codes is to be burnt.
        init?(_ row: UserRow, _ use: BackupCodeUse, by act: AdminAct) throws(StoreError) {
            guard var record = try row.record() else { return nil }
            codes = record.replay(use, at: act.time, origin: FleetRecords.restoreOrigin)
            left = record.backupCodesLeft
            guard codes > 0 else { return nil }
            row.replace(by: record.encoded)
            self.row = row
        }
    }

    /// Stores these rows, each with a row of the audit; whether nobody was in the way.
    private func store(
        _ burnt: ArraySlice<BurntRow>, by act: AdminAct, _ done: inout ReplayedBatch
    ) throws(StoreError) -> Bool {
        let sealing = try seal()
        var values: [PostgresValue] = [
            .bytes(sealing.keyID), .int(clamping: act.time), Database.text(settings.server),
            Database.text(act.actor), Database.text(act.origin),
        ]
        var list: [String] = []
        for one in burnt {
            let sealed = try sealing.seal(
                one.row.sealed, of: one.row.place, version: try one.row.next())
            let first = values.count + 1
            values += [
                .id(one.row.id), .int(one.row.version), .bytes(sealed), .int(clamping: one.left),
                Database.text("backup codes: \(one.codes)"),
            ]
            list.append(
                "($\(first)::uuid, $\(first + 1)::bigint, $\(first + 2)::bytea,"
                    + " $\(first + 3)::bigint, $\(first + 4)::text)")
        }
        let statement = PostgresStatement(
            """
            WITH changed AS (
                UPDATE swiftotp.users AS u
                SET version = u.version + 1, key_id = $1, record = n.record, backup_left = n.rest
                FROM (VALUES \(list.joined(separator: ", ")))
                    AS n (id, version, record, rest, detail)
                WHERE u.id = n.id AND u.version = n.version
                    AND $1 = (SELECT key_id FROM swiftotp.fleet)
                RETURNING u.id, u.realm, u.name, n.detail)
            INSERT INTO swiftotp.audit
                (\(Database.columns))
            SELECT 0, $2, $3, '', realm, name, $4, 'replayed', true, detail, $5, id FROM changed
            RETURNING user_id
            """)
        let answer = try store(statement, values)
        if case .failed(let failure) = answer, failure.isConflict { return false }
        let rows = try answer.rows()
        let stored = Set((0..<rows.count).compactMap { rows.id($0, 0) })
        for one in burnt where stored.contains(one.row.id) {
            done.users += 1
            done.codes += one.codes
        }
        if stored.count < burnt.count { try check() }
        return stored.count == burnt.count
    }
}
