import OTPCore

extension Schema {
    /// Marks the database as that of the current master key, before the earlier one is retired. Only
    /// the owner of the tables may; servers need both keys until every row was sealed anew.
    public static func mark(
        on connection: PostgresConnection, keys: MasterKeys,
        until deadline: ContinuousClock.Instant
    ) throws(StoreError) {
        let found = try connection.run(
            PostgresStatement("SELECT id, key_id, marker FROM swiftotp.fleet"), until: deadline
        ).rows()
        guard let fleet = found.id(0, 0), let keyID = found.bytes(0, 1),
            let marker = found.bytes(0, 2)
        else { throw notInstalled }
        let sealing = RecordSealing(fleet: fleet, keys: keys)
        guard sealing.proves(marker, under: keyID) else {
            throw StoreError(
                .otherKey, PostgresAnswer.subject,
                "it belongs to neither of these master keys; restore the one that it belongs to")
        }
        _ = try connection.run(
            PostgresStatement("UPDATE swiftotp.fleet SET key_id = $1, marker = $2"),
            [.bytes(sealing.keyID), .bytes(try sealing.marker())], until: deadline
        ).rows()
    }
}
