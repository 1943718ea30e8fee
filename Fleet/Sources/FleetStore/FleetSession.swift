import OTPCore

/// One record of a unit of work. `commit` stages it; it is stored when the unit of work ends.
public final class FleetSession: RecordSession {
    private let records: FleetRecords
    private let row: UserRow
    private let isWritable: Bool
    private var record: Record

    /// Opens a row's record; `nil` if it was removed.
    init?(_ row: UserRow, in records: FleetRecords, writing: Bool) throws(StoreError) {
        guard let record = try row.record() else { return nil }
        row.note(opened: record)
        self.record = record
        self.row = row
        self.records = records
        isWritable = writing
        if !row.isDecoy {
            self.record.throttle.setStrangers(here: row.here, elsewhere: row.elsewhere)
        }
    }

    public func withRecord<Result, Failure: Error>(
        _ body: (inout Record) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try body(&record)
    }

    /// Nothing: whoever ends the request does not end the server.
    public func charge() throws(StoreError) {}

    public func commit() throws(StoreError) {
        guard isWritable else {
            throw StoreError(.system, row.name, "the record was opened only to be read")
        }
        try records.claim(row)
        try row.stage(&record)
    }

    public func close() {}
}
