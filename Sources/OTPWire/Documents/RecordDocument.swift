import OTPCore

/// A step of a backup.
public enum BackupStep: Codable, Equatable, Sendable {
    /// Say in the log that one is made.
    case begin
    /// The records of these UIDs.
    case records(numbers: [UInt32])
}

/// A user's record, in clear: in a reply, in a backup, and in the request that restores it.
public struct RecordDocument: Codable, Equatable, Sendable {
    /// The UID, where the record was.
    public var uid: UInt32
    /// Whose it is.
    public var user: String
    /// Its contents (docs/FILEFORMAT.md) in Base64.
    public var record: String
    /// Whether there was no user with this name and this UID: it let nobody in.
    public var isOrphan: Bool

    public init(uid: UInt32, user: String, record: String, isOrphan: Bool) {
        (self.uid, self.user, self.record, self.isOrphan) = (uid, user, record, isOrphan)
    }

    /// How many fit into a frame.
    public static let most = 4
}

/// What became of a user's record from a backup.
public struct RestoredDocument: Codable, Equatable, Sendable {
    public var user: String
    /// The user's UID here, if there is such a user.
    public var uid: UInt32?
    public var how: How
    /// Authenticators that were removed here since the backup, and stay so.
    public var removed: [String]
    /// Those that are here and not in the backup: they are gone, or would be.
    public var lost: [String]
    /// Tokens that wait for a resync.
    public var waiting: [String]
    /// How many backup codes ended.
    public var codesEnded: Int
    /// What is wrong, with `failed`; with `replaced`, what was wrong with the record here.
    public var trouble: TroubleDocument?

    public enum How: String, Codable, Sendable {
        /// The user had no record here.
        case stored
        /// The record from the backup has taken the place of the one here.
        case replaced
        /// All that logs in was removed here since the backup: nothing was changed.
        case ended
        /// Nobody has that name here.
        case unknown
        /// It let nobody in where the backup was made.
        case orphan
        /// It is no record, or one of another version.
        case invalid
        case failed
    }

    public init(
        user: String, uid: UInt32? = nil, how: How, _ done: Record.BackedUp = Record.BackedUp(),
        trouble: TroubleDocument? = nil
    ) {
        (self.user, self.uid, self.how, self.trouble) = (user, uid, how, trouble)
        (removed, lost) = (done.removed.map(\.text), done.lost.map(\.text))
        (waiting, codesEnded) = (done.waiting.map(\.text), done.codesEnded)
    }
}

/// A record of a backup, or why it is not in there.
public enum BackedUpDocument: Codable, Equatable, Sendable {
    case found(record: RecordDocument)
    case unreadable(uid: UInt32, trouble: TroubleDocument)
}
