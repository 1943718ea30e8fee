/// Keeps the records.
public protocol RecordStore {
    associatedtype Session: RecordSession
    /// Makes sure that the store is sound, so that who has no record in it never had one.
    func prove() throws(StoreError)
    /// Whether `user` has anything to log in with. `false` only where the store is sound, and has
    /// no record of the user or one in which there is nothing.
    func isEnrolled(_ user: User) throws(StoreError) -> Bool
    /// Opens and locks the record of `user`; `nil` only where the store is sound and has none.
    func open(_ user: User) throws(StoreError) -> Session?
    /// Makes the record of a user who has none; throws `.exists` where there is one.
    func make(_ record: borrowing Record, of user: User) throws(StoreError)
    /// Opens the record that stands in for a name which has none, so that a try on it takes as
    /// long and says what it would for an enrolled user; `nil` where there cannot be one now, as
    /// on a full disk.
    func openDecoy(for name: [UInt8]) throws(StoreError) -> Session?
}

/// One record, opened and locked until `close`.
public protocol RecordSession: AnyObject {
    /// Reads and changes the record in memory.
    func withRecord<Result, Failure: Error>(
        _ body: (inout Record) throws(Failure) -> Result
    ) throws(Failure) -> Result
    /// Writes the throttle's state down without waiting for the disk.
    func charge() throws(StoreError)
    /// Writes the whole record down; when this returns, it outlives a power cut.
    func commit() throws(StoreError)
    /// Unlocks and closes.
    func close()
}
