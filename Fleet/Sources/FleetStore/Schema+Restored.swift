import OTPCore

extension Schema {
    /// Says that the database was restored, or has lost logins in a failover: nothing that could
    /// have been used up to `floor` (Unix seconds, usually now) counts from then on, and receipts
    /// from before are void. Each record learns it when it is next opened: with a million records,
    /// changing each of them now would keep everybody out for as long as that takes.
    ///
    /// With `replayed` it is the end of `Database.replay`: the backup codes that the logs have are
    /// burnt, the others stay, and the audit says this.
    ///
    /// Only the owner of the tables may. Throws `.exists` if the floor is there already: it never
    /// goes down.
    public static func restored(
        on connection: PostgresConnection, floor: UInt64, replayed: String? = nil,
        by act: AdminAct, server: String, until deadline: ContinuousClock.Instant
    ) throws(StoreError) {
        let statement = PostgresStatement(
            """
            WITH changed AS (
                UPDATE swiftotp.fleet
                SET floor = $1, codes_floor = CASE WHEN $7 THEN codes_floor ELSE $1 END
                WHERE floor < $1 RETURNING id),
            told AS (
                INSERT INTO swiftotp.audit
                    (\(Database.auditColumns))
                SELECT 0, $2, $3, $4, '', '', $5, 'restored', true, $8, $6 FROM changed)
            SELECT count(*) FROM changed
            """)
        let rows = try connection.run(
            statement,
            [
                .int(clamping: floor), .int(clamping: act.time), Database.text(server),
                Database.text(act.host), Database.text(act.actor), Database.text(act.origin),
                .bool(replayed != nil), Database.text(replayed ?? ""),
            ], until: deadline
        ).rows()
        guard rows.int(0, 0) == 1 else {
            throw StoreError(
                .exists, Array("the floor".utf8), "it is at \(floor) or later already")
        }
    }
}
