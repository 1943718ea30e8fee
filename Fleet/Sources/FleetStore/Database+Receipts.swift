import OTPCore

// A database that was restored, or became the primary without everything, lacks rows that receipts
// prove to have been there.
extension Database {
    /// How many receipts are looked for at once.
    private static let batch = 4096

    /// Checks that the database has the row of each receipt that anybody has shown.
    func checkReceipts() throws(StoreError) {
        let pending = Array(state.unconfirmed(at: place))
        for start in stride(from: 0, to: pending.count, by: Database.batch) {
            let some = pending[start..<min(start + Database.batch, pending.count)]
            let rows = try run(
                Database.receiptStatement,
                [
                    Database.list(some.map(\.sequence)), Database.list(some.map(\.mark)),
                    Database.list(some.map { Int64(clamping: $0.floor) }),
                ]
            ).rows()
            if let missing = rows.int(0, 0) {
                state.counts.count(.missing)
                throw DatabaseTrouble.lostLogins.error("receipt \(missing)")
            }
            state.confirm(Set(some), at: place)
        }
    }

    // That receipts from before the last restore are missing is known, and so are rows that the owner
    // has deleted because they are old.
    private static let receiptStatement = PostgresStatement(
        "receipt",
        """
        SELECT r.seq
        FROM swiftotp.fleet AS f,
            unnest($1::text::bigint[], $2::text::bigint[], $3::text::bigint[]) AS r(seq, mark, floor)
        WHERE r.floor >= f.floor
            AND r.seq >= coalesce((SELECT min(seq) FROM swiftotp.audit), 0)
            AND NOT EXISTS (
                SELECT FROM swiftotp.audit AS a WHERE a.seq = r.seq AND a.mark = r.mark)
        ORDER BY r.seq LIMIT 1
        """)

    /// Reads the text of a receipt that a host shows; `nil` unless this fleet made it.
    public func receipt(_ text: String) throws(StoreError) -> Receipt? {
        Receipt(text: text, sealing: try seal())
    }
}
