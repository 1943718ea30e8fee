import OTPCore

/// How a statement ended.
///
/// Only a clean answer is a yes. PostgreSQL tells a client with a mere warning that a commit did not
/// reach the standby, so anything that is not exactly as expected means that nobody knows.
public enum PostgresAnswer: Sendable {
    /// It was done, committed where it had to be, and nothing was said about it.
    case clean(PostgresRows)
    /// It was certainly not done.
    case failed(PostgresFailure)
    /// It may have been done: a warning, a lost connection, no answer in time.
    case unknown(String)
}

/// Why a statement was certainly not done.
public struct PostgresFailure: Error, Sendable {
    /// SQLSTATE; empty if the statement was never sent.
    public let state: String
    /// What the server or the connection says, in one line.
    public let message: String

    /// Whether somebody else was in the way, so that the same may work now: a serialization failure,
    /// a deadlock, or a name that somebody else has taken.
    var isConflict: Bool { ["40001", "40P01", "23505"].contains(state) }

    /// What is wrong; for a full disk (`disk_full`) also what to do.
    var text: String { state == "53100" ? DatabaseTrouble.fullDisk.text(message) : message }
}

extension PostgresAnswer {
    /// The subject of what is wrong with the database.
    static let subject = Array("the database".utf8)

    /// The rows of a clean answer; throws what it was instead.
    public func rows() throws(StoreError) -> PostgresRows {
        switch self {
        case .clean(let rows): return rows
        case .failed(let failure):
            throw StoreError(.system, PostgresAnswer.subject, failure.text)
        case .unknown(let why):
            throw StoreError(
                .system, PostgresAnswer.subject, "\(why), so nobody knows whether it was stored")
        }
    }
}
