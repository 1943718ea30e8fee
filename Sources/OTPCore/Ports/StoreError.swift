/// Why the store, the key, the configuration or the clock cannot be relied on.
///
/// Errors with the same code are equal; the detail is only for the admin's log.
public struct StoreError: Error, Equatable, Sendable {
    /// What is wrong.
    public enum Code: CaseIterable, Sendable {
        /// It does not exist.
        case missing
        /// Its owner, mode, type or link count could let others change it.
        case unsafe
        /// It is not what was written: truncated, altered, or of a newer version.
        case damaged
        /// It was sealed with another key.
        case otherKey
        /// Nothing proves that this is the key's store.
        case unproven
        /// The seal key is sealed, and was not opened.
        case sealed
        /// It belongs to another user.
        case otherUser
        /// Another process held it for too long.
        case busy
        /// It already exists.
        case exists
        /// The system refused an operation.
        case system
        /// The configuration is invalid.
        case configuration
        /// The clock cannot be right.
        case clock
    }

    /// What is wrong.
    public let code: Code
    /// The file, folder or setting concerned.
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

    /// The full text, for a log or a terminal: `/var/lib/swiftotp/1000: mode 0644, ...`.
    public var text: [UInt8] {
        subject.isEmpty ? Array(detail.utf8) : subject + Array(": ".utf8) + Array(detail.utf8)
    }
}
