// What the login flow needs of the world, each a protocol that tests play by a script.

/// Talks to the person who logs in (pam_conv(3)).
public protocol Conversation {
    /// Asks one question; `nil` where the answer was missing.
    func ask(_ prompt: [UInt8], echo: Bool) throws(ConversationError) -> Secret?
    /// Says why somebody is not let in. Whether it arrives changes nothing.
    func say(_ text: String)
    /// Says something by the way to somebody who is let in.
    func inform(_ text: String)
    /// Whether anything that is said can be read.
    var isHeard: Bool { get }
    /// What an earlier module was given (PAM_AUTHTOK); `nil` for nothing.
    func earlierAnswer() -> Secret?
    /// Gives the next module a password to try (PAM_AUTHTOK).
    func forward(_ password: Span<UInt8>)
}

extension Conversation {
    public func inform(_ text: String) { say(text) }
}

/// There is nobody to talk to, or the conversation failed.
public struct ConversationError: Error, Equatable {
    public init() {}
}

/// Tells the time.
public protocol Clock {
    /// Unix seconds.
    func now() throws(StoreError) -> UInt64
    /// The time since this machine was started; `nil` where it cannot be told.
    func boot() -> BootTime?
}

/// Makes random numbers.
public protocol Randomness {
    /// `count` fresh random bytes.
    func bytes(_ count: Int) throws(StoreError) -> [UInt8]
}

/// A user of the system (passwd(5)).
public struct User: Equatable, Sendable {
    /// The name as the system spells it.
    public let name: [UInt8]
    /// What records are named by.
    public let uid: UInt32
    /// The primary group.
    public let gid: UInt32

    public init(name: [UInt8], uid: UInt32, gid: UInt32) {
        self.name = name
        self.uid = uid
        self.gid = gid
    }

    /// The longest name that is looked up, in bytes.
    public static let maximumNameLength = 256
}

/// Looks up users and groups.
public protocol UserDirectory {
    /// The user of this name, or `nil` for nobody.
    func user(named name: [UInt8]) throws(StoreError) -> User?
    /// Whether `user` belongs to `group`; a group that does not exist is an error.
    func isMember(_ user: User, of group: [UInt8]) throws(StoreError) -> Bool
}

/// Keeps the records.
public protocol RecordStore {
    associatedtype Session: RecordSession
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
