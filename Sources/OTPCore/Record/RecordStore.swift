/// Keeps the records.
public protocol RecordStore {
    associatedtype Session: RecordSession
    /// Checks that the store is sound, so that no record means there never was one.
    func prove() throws(StoreError)
    /// Whether `user` has anything to log in with. `false` only if the store is sound and has no
    /// record of the user, or one with nothing in it.
    func isEnrolled(_ user: User) throws(StoreError) -> Bool
    /// Opens and locks the record of `user`; `nil` only where the store is sound and has none.
    func open(_ user: User) throws(StoreError) -> Session?
    /// Makes the record of a user who has none; throws `.exists` if there is one.
    func make(_ record: borrowing Record, of user: User) throws(StoreError)
    /// Opens the record that stands in for a name without one, so that a try takes as long and ends
    /// as it would for an enrolled user; `nil` if there cannot be one now, as on a full disk.
    func openDecoy(for name: [UInt8]) throws(StoreError) -> Session?
    /// Counts a message to anybody, unless there were `most` within an hour; whether it was counted.
    func countMessage(at now: UInt64, most: Int) throws(StoreError) -> Bool
}

/// One record, open and locked until `close`.
public protocol RecordSession: AnyObject {
    /// Reads and changes the record in memory.
    func withRecord<Result, Failure: Error>(
        _ body: (inout Record) throws(Failure) -> Result
    ) throws(Failure) -> Result
    /// Writes the throttle's state without waiting for the disk.
    func charge() throws(StoreError)
    /// Writes the whole record; when this returns, it survives a power cut.
    func commit() throws(StoreError)
    /// Unlocks and closes.
    func close()
}
