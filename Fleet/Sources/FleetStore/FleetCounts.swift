import Synchronization

/// What the threads of one server have counted since it was started, and what they saw of the
/// database when they looked last.
public final class FleetCounts: Sendable {
    /// How something was judged.
    public enum Outcome: String, Sendable {
        /// A yes.
        case granted
        /// A no that costs the host one of its failures: it may have been a guess.
        case wrong
        /// Another no.
        case refused
    }

    /// What was judged, as the audit calls it, and how.
    public struct Judged: Hashable, Sendable {
        public let kind: String
        public let outcome: Outcome
    }

    /// Why a receipt is refused.
    public enum ReceiptFault: String, CaseIterable, Sendable {
        /// This fleet did not make it, or made it under a master key that was retired.
        case foreign
        /// The database lacks its row.
        case missing
    }

    /// Why something is refused before any code is looked at.
    public enum Refusal: String, CaseIterable, Sendable {
        /// Whoever asks has no role that covers it, or not there.
        case fleetRole
        /// The help desk asks it about somebody who has a role.
        case fleetProtected
        /// The host lacks a right.
        case hostRight
        /// Nobody may do it in a fleet.
        case rootOnly
        /// It takes a code of the caller's own. Each act about others begins so.
        case ownProofNeeded
        /// The host has used up its failures.
        case quarantine
        /// The audit gets no more refusals of this host for now.
        case tooMany
    }

    /// All of it.
    public struct Values: Sendable {
        /// What was judged and stored.
        public fileprivate(set) var judged: [Judged: UInt64] = [:]
        /// How often a unit of work was done again, because somebody else had changed the row.
        public fileprivate(set) var conflicts: UInt64 = 0
        /// The statements of which nobody knows how they ended.
        public fileprivate(set) var unknowns: UInt64 = 0
        /// The receipts that were refused.
        public fileprivate(set) var receipts: [ReceiptFault: UInt64] = [:]
        /// What was refused.
        public fileprivate(set) var refusals: [Refusal: UInt64] = [:]
        /// How far the server's clock is ahead of the database's, in seconds; `nil` before a look.
        public fileprivate(set) var clockOffset: Int64?
        /// Whether the database names a synchronous standby, and nobody waits for it for long; `nil`
        /// before a look.
        public fileprivate(set) var isReplicated: Bool?
    }

    private let contents = Mutex(Values())

    /// All of it, as it is now.
    public var values: Values { contents.withLock { $0 } }

    /// Counts what was judged and stored.
    func count(_ entry: AuditEntry) {
        let outcome: Outcome = entry.granted ? .granted : entry.isFailure ? .wrong : .refused
        let judged = Judged(kind: entry.kind, outcome: outcome)
        contents.withLock { $0.judged[judged, default: 0] &+= 1 }
    }

    /// Counts that somebody else was faster.
    func countConflict() { contents.withLock { $0.conflicts &+= 1 } }

    /// Counts a statement of which nobody knows how it ended.
    func countUnknown() { contents.withLock { $0.unknowns &+= 1 } }

    /// Counts a receipt that was refused.
    func count(_ fault: ReceiptFault) {
        contents.withLock { $0.receipts[fault, default: 0] &+= 1 }
    }

    /// Counts what was refused.
    public func count(_ refusal: Refusal) {
        contents.withLock { $0.refusals[refusal, default: 0] &+= 1 }
    }

    /// Notes what a look at the database has found.
    func note(clockOffset: Int64, isReplicated: Bool) {
        contents.withLock { contents in
            contents.clockOffset = clockOffset
            contents.isReplicated = isReplicated
        }
    }
}
