/// Why the store, the key, the configuration or the clock could not be relied on.
///
/// Two errors are equal where their codes are; the detail is for the admin's log alone.
public struct StoreError: Error, Equatable, Sendable {
    /// What is wrong.
    public enum Code: CaseIterable, Sendable {
        /// It is not there.
        case missing
        /// Owner, mode, type or link count could let somebody else at it.
        case unsafe
        /// It is not what was written: truncated, flipped, or of a newer version.
        case damaged
        /// It was sealed with another key.
        case otherKey
        /// Nothing shows that this is the store which belongs to the key.
        case unproven
        /// It belongs to another user.
        case otherUser
        /// Somebody else held it for too long.
        case busy
        /// There is one already.
        case exists
        /// The system refused an operation.
        case system
        /// The configuration says something that cannot be.
        case configuration
        /// The clock cannot be right.
        case clock
    }

    /// What is wrong.
    public let code: Code
    /// The file, folder or setting that it is about.
    public let subject: [UInt8]
    /// What is wrong with it and what to do, in one clause.
    public let detail: String

    public init(_ code: Code, _ subject: [UInt8], _ detail: String) {
        self.code = code
        self.subject = subject
        self.detail = detail
    }

    public static func == (left: StoreError, right: StoreError) -> Bool {
        left.code == right.code
    }

    /// The whole of it, for a log or a terminal: `/var/lib/swiftotp/1000: mode 0644, ...`.
    public var text: [UInt8] {
        subject.isEmpty ? Array(detail.utf8) : subject + Array(": ".utf8) + Array(detail.utf8)
    }
}
