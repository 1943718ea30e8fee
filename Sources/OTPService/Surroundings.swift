import OTPCore
import OTPWire

/// Where a request is answered: the store, and whatever else a request needs.
///
/// Lines, messages and passes are about changes that the handler takes for stored. If the store
/// commits only after the handler has returned, keep them until then, and drop them if it does not
/// commit. What is kept counts as sent.
public protocol Surroundings {
    /// The store's type.
    associatedtype Records: AccountStore
    /// The type of what tells users of changes.
    associatedtype Announcer: AccountAnnouncer

    /// What the admin has configured.
    var options: Options { get }
    /// What failures of a command's codes are counted for.
    var source: SourceID { get }
    /// The host name, for issuers and policies; empty if unknown.
    var hostName: [UInt8] { get }
    /// The users whom the requests can be about.
    var users: any UserDirectory { get }
    /// The help desk; `nil` if there is none.
    var helpDesk: (any HelpDesk)? { get }
    /// Tells the time, which must be the same to all who judge codes of these users.
    var clock: any Clock { get }
    /// Makes keys and codes.
    var random: any Randomness { get }
    /// Tells users what was changed.
    var announcer: Announcer { get }

    /// The store; `nil` if there is none yet.
    func store() throws(StoreError) -> Records?
    /// The store, to add something to it. It may be made, if `caller` has the right to.
    func storeForMore(
        for caller: Rights.Caller, by operatorName: [UInt8]
    ) throws(StoreError) -> Records
    /// Does what a command says about the store itself.
    func perform(
        _ command: StoreCommand, for handler: RequestHandler<Self>
    ) throws(StoreError) -> Reply.Result

    /// Whether the last code that this member of the help desk has given still counts.
    func hasPass(_ member: User, epoch: UInt64) -> Bool
    /// Notes that the member has given a right code. `epoch` is that of the member's record; once it
    /// has risen, the code no longer counts.
    func givePass(to member: User, epoch: UInt64)

    /// Writes a line to the log.
    func log(_ priority: LogPriority, _ line: LogLine)
    /// Writes a line about a try that changed nothing, of which a caller can make thousands.
    func logTry(_ line: LogLine)
}

extension Surroundings {
    public func logTry(_ line: LogLine) { log(.notice, line) }
}

/// Records from a backup, and how they come back.
public struct RestoreOrder: Sendable {
    public let records: [RecordDocument]
    /// When the backup was made.
    public let time: UInt64
    /// How many steps off a code may be at a login by the PAM lines.
    public let window: UInt8
    public let keepsCodes: Bool
    public let bringsBack: Bool
    public let rehearses: Bool
}

/// What concerns a store as a whole, or the files in it: only the place where it is can do that.
public enum StoreCommand: Sendable {
    /// Make the record of an earlier name or UID the user's own, or say whether that is possible.
    case move(from: String, rehearses: Bool)
    /// Remove the record of a user who is gone, by UID or name.
    case forget(record: String)
    /// Make the store if there is none; if `startsEmpty`, even for a key whose store is not here.
    case make(startsEmpty: Bool)
    /// Send records to the servers of a fleet.
    case bring(of: [NumberDocument], adds: Bool, rehearses: Bool)
    /// Replace the seal key, step by step.
    case rekey(step: RekeyStep)
    /// Read records for a backup.
    case backUp(step: BackupStep)
    /// Make records from a backup their users' own, or say what would happen.
    case restore(RestoreOrder)
}
