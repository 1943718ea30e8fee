import OTPCore

/// The tables of a fleet, and how a database gets them.
///
/// The owner of the tables installs and migrates; the server logs in as `swiftotp_server`, which may
/// do the least: it deletes nothing, and only adds to the audit.
public enum Schema {
    /// The version that this release works with; it also works with the next one, of which it does
    /// not know what was added.
    public static var version: Int64 { Int64(steps.count) }
    /// The role that servers log in as.
    public static let serverRole = "swiftotp_server"

    private static let subject = Array("the fleet's database".utf8)

    /// Makes the tables, the server's role and the decoys, and returns the new fleet's id. Throws
    /// `.exists` if there is a fleet.
    public static func install(
        on connection: PostgresConnection, keys: MasterKeys,
        until deadline: ContinuousClock.Instant
    ) throws(StoreError) -> RowID {
        if try installed(on: connection, until: deadline) != nil {
            throw StoreError(
                .exists, subject, "there is a fleet in it already; `migrate` upgrades it")
        }
        let fleet = RowID.random()
        let sealing = RecordSealing(fleet: fleet, keys: keys)
        let marker = try sealing.marker()
        try makeRole(on: connection, until: deadline)
        try transaction(on: connection, until: deadline) { (run) throws(StoreError) in
            for step in steps {
                for statement in step { try run(PostgresStatement(statement), []) }
            }
            for statement in grants { try run(PostgresStatement(statement), []) }
            try run(
                PostgresStatement(
                    "INSERT INTO swiftotp.fleet (id, schema, floor, key_id, marker)"
                        + " VALUES ($1, $2, 0, $3, $4)"),
                [.id(fleet), .int(version), .bytes(keys.current.id), .bytes(marker)])
            for number in 0..<Decoy.count {
                try run(Schema.insertDecoy, try decoy(number, sealing))
            }
        }
        return fleet
    }

    private static let insertDecoy = PostgresStatement(
        "decoy",
        """
        INSERT INTO swiftotp.users (id, realm, name, uid, version, key_id, record, enrolled,
            authenticators, backup_left, failures, closed, last_login)
        VALUES ($1, '', $2, 0, 1, $3, $4, false, 0, 0, 0, false, 0)
        """)

    private static func decoy(
        _ number: Int, _ sealing: RecordSealing
    ) throws(StoreError) -> [PostgresValue] {
        let id = RowID.random()
        var random = [UInt8](random: Authenticator.keyLength)
        let row = SealedRow(record: Decoy.record(random: &random).encoded, floor: 0)
        let name = decoyName(UInt8(truncatingIfNeeded: number))
        let place = RecordSealing.Place(id: id, realm: [], name: name, uid: 0)
        let sealed = try sealing.seal(row, of: place, version: 1)
        return [.id(id), .text(name), .bytes(sealing.keyID), .bytes(sealed)]
    }

    /// The name of a decoy's row, in the realm without a name: `decoy-00` to `decoy-ff`.
    static func decoyName(_ number: UInt8) -> [UInt8] {
        var name = [UInt8]("decoy-" as StaticString)
        name.append(hex: number)
        return name
    }

    /// Takes the steps from an older version to this one. A release has at most one step more than
    /// the last, and a step only adds, so servers of the last release go on. Returns the version
    /// before.
    @discardableResult
    public static func migrate(
        on connection: PostgresConnection, until deadline: ContinuousClock.Instant
    ) throws(StoreError) -> Int64 {
        try migrate(on: connection, by: steps, until: deadline)
    }

    static func migrate(
        on connection: PostgresConnection, by steps: [[String]],
        until deadline: ContinuousClock.Instant
    ) throws(StoreError) -> Int64 {
        let now = try installed(on: connection, until: deadline)
        guard let now else { throw notInstalled }
        guard now <= steps.count else { throw newer(now) }
        guard now < steps.count else { return now }
        try transaction(on: connection, until: deadline) { (run) throws(StoreError) in
            for step in steps.dropFirst(Int(clamping: max(0, now))) {
                for statement in step { try run(PostgresStatement(statement), []) }
            }
            for statement in grants { try run(PostgresStatement(statement), []) }
            try run(
                PostgresStatement("UPDATE swiftotp.fleet SET schema = $1"),
                [.int(Int64(steps.count))])
        }
        return now
    }

    /// Checks that the tables are those of this release, or of the next.
    static func check(_ found: Int64?) throws(StoreError) {
        guard let found else { throw notInstalled }
        if found > version + 1 { throw newer(found) }
        guard found >= version else {
            throw DatabaseTrouble.older.error(versions(found))
        }
    }

    static var notInstalled: StoreError { DatabaseTrouble.missing.error() }

    private static func newer(_ found: Int64) -> StoreError {
        DatabaseTrouble.newer.error(versions(found))
    }

    private static func versions(_ found: Int64) -> String {
        "they are of version \(found), and this server is of \(version)"
    }

    // MARK: Running

    /// The version of the tables that are there; `nil` for none.
    private static func installed(
        on connection: PostgresConnection, until deadline: ContinuousClock.Instant
    ) throws(StoreError) -> Int64? {
        let answer = connection.run(
            PostgresStatement("SELECT schema FROM swiftotp.fleet"), until: deadline)
        if case .failed(let failure) = answer, isMissing(failure) { return nil }
        return try answer.rows().int(0, 0)
    }

    /// Whether a failure says that the tables are not there: `undefined_table`,
    /// `invalid_schema_name`, or `insufficient_privilege`.
    static func isMissing(_ failure: PostgresFailure) -> Bool {
        ["42P01", "3F000", "42501"].contains(failure.state)
    }

    /// A role belongs to the whole server of databases, and may be there already.
    private static func makeRole(
        on connection: PostgresConnection, until deadline: ContinuousClock.Instant
    ) throws(StoreError) {
        let found = try connection.run(
            PostgresStatement("SELECT 1 FROM pg_roles WHERE rolname = $1"), [.text(serverRole)],
            until: deadline
        ).rows()
        guard found.count == 0 else { return }
        do throws(StoreError) {
            _ = try connection.run(
                PostgresStatement("CREATE ROLE \(serverRole) LOGIN"), until: deadline
            ).rows()
        } catch {
            // Somebody else may have made it in the meantime.
            let again = try connection.run(
                PostgresStatement("SELECT 1 FROM pg_roles WHERE rolname = $1"),
                [.text(serverRole)], until: deadline
            ).rows()
            if again.count == 1 { return }
            throw StoreError(
                .configuration, subject,
                "the role \(serverRole) is missing and cannot be made (\(error.detail)); as the"
                    + " database's superuser, run `CREATE ROLE \(serverRole) LOGIN`")
        }
    }

    private static func transaction(
        on connection: PostgresConnection, until deadline: ContinuousClock.Instant,
        _ body: (
            (PostgresStatement, [PostgresValue]) throws(StoreError) -> Void
        ) throws(StoreError) -> Void
    ) throws(StoreError) {
        func run(
            _ statement: PostgresStatement, _ values: [PostgresValue]
        ) throws(StoreError) {
            _ = try connection.run(statement, values, isInTransaction: true, until: deadline).rows()
        }
        try run(PostgresStatement("BEGIN"), [])
        do throws(StoreError) {
            try body(run)
        } catch {
            _ = connection.run(PostgresStatement("ROLLBACK"), until: deadline)
            throw error
        }
        _ = try connection.run(PostgresStatement("COMMIT"), until: deadline).rows()
    }
}
