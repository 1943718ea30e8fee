import OTPCore

/// What the requests of otp-enroll need of a store beyond what a login needs.
///
/// A store need not write at once: it may keep a unit of work and commit that once the handler has
/// returned. A session's `commit` then keeps the record as it is at that moment, and whatever is
/// changed later without one is forgotten. What was kept, made or removed is seen by whoever opens it
/// later in the same unit. All of it belongs to the unit, whatever the reply is: a refused try must be
/// counted. The unit may also be dropped, and run again on newer records by a new handler.
public protocol AccountStore: RecordStore {
    /// Opens the record of `user` only to read it, so `commit` may fail; `nil` only if the store is
    /// sound and has none.
    func openForReading(_ user: User) throws(StoreError) -> Session?
    /// Removes the record of `user`, which may be one that cannot be opened.
    func remove(_ user: User) throws(StoreError)
    /// Checks that no record of another UID, which the user had before, logs `user` in; throws
    /// `.otherUser` if one does.
    func checkOtherNumber(of user: User) throws(StoreError)

    /// Whose record this UID has; `nil` if there is none. Throws if that cannot be read.
    func owner(of number: UInt32) throws(StoreError) -> User?
    /// The UIDs beyond `number` of users who have a record, in any order: of all of them, or else of
    /// those with the lowest.
    func userIDs(after number: UInt32?) throws(StoreError) -> (numbers: [UInt32], isAll: Bool)
    /// How errors name the record of a user: their `subject` if that record alone is at fault.
    func path(ofRecordOf user: User) -> [UInt8]

    /// What the help desk did.
    func helpDeskLog() throws(StoreError) -> HelpDeskLog
    /// Changes the log by `body`, which says whether anything has changed; returns what it said.
    /// Nobody else changes the log meanwhile.
    func changeHelpDeskLog(_ body: (inout HelpDeskLog) -> Bool) throws(StoreError) -> Bool

    /// Seals `plain`, which is wiped, for `openTicket`: the client keeps it between two requests. A
    /// ticket names a user and a UID; where these are not enough to tell people apart, the store
    /// binds it to what is.
    func sealTicket(_ plain: inout [UInt8]) throws(StoreError) -> [UInt8]
    /// Opens a ticket; `nil` if it was not sealed by this store, or was changed.
    func openTicket(_ ticket: [UInt8]) throws(StoreError) -> [UInt8]?
}
