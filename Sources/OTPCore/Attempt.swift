/// One try with one answer on one record: the part of a login that the module and the command
/// line share.
public struct Attempt: Sendable {
    /// How codes are compared.
    public let verifier: Verifier
    /// What the event log says about where the try came from.
    public let origin: [UInt8]
    /// Whose failures these are.
    public let source: SourceID
    /// What a success is called in the event log.
    public let successKind: Event.Kind

    /// No clock before this can be right: 2026-01-01, the year of the first release. Codes of a
    /// clock are refused then, and backup codes still work.
    public static let earliestTime: UInt64 = 1_767_225_600

    public init(
        verifier: Verifier, origin: [UInt8], source: SourceID, successKind: Event.Kind = .login
    ) {
        self.verifier = verifier
        self.origin = origin
        self.source = source
        self.successKind = successKind
    }

    /// Charges one failure, verifies, burns and refunds, and answers only when all of it is
    /// durable. Nothing is charged for an answer that has not the form of a code, or while the
    /// throttle says to wait.
    public func run<Session: RecordSession>(
        _ answer: borrowing Answer, on session: Session, at now: UInt64
    ) throws(StoreError) -> Outcome {
        switch answer {
        case .empty: return .refused(.empty)
        case .malformed: return .refused(.malformed)
        case .code: break
        case .backupCode: break
        }
        if session.withRecord({ $0.throttle.repair(at: now) }) { try session.commit() }
        switch session.withRecord({ $0.throttle.permission(at: now, from: source) }) {
        case .open: break
        case .wait(let seconds): return .refused(.throttled(seconds: seconds))
        case .closed: return .refused(.closed)
        }
        session.withRecord { $0.throttle.charge(at: now, from: source) }
        try session.charge()
        let outcome = session.withRecord { verify(answer, on: &$0, at: now) }
        try session.commit()
        return outcome
    }

    private func verify(
        _ answer: borrowing Answer, on record: inout Record, at now: UInt64
    ) -> Outcome {
        let sane = now >= Attempt.earliestTime
        let verdict = verifier.verify(answer, against: &record, at: now, clockIsSane: sane)
        let outcome: Outcome
        switch verdict {
        case .code(let index, let offset):
            let authenticator = record.authenticators[index]
            outcome = .granted(.code(authenticator: authenticator.name, offset: offset))
        case .backupCode(let index, let left):
            outcome = .granted(.backupCode(index: index, left: left))
        case .replayed: outcome = .refused(.replayed)
        case .usedBackupCode: outcome = .refused(.usedBackupCode)
        case .outsideWindow(let offset):
            outcome = sane ? .refused(.outsideWindow(offset: offset)) : .refused(.clock)
        case .wrong: outcome = sane ? .refused(.wrong) : .refused(.clock)
        }
        switch outcome {
        case .granted(let factor):
            record.throttle.succeed(at: now, from: source)
            record.events.append(
                Event(successKind, at: now, detail: factor.detail, origin: origin))
        default:
            record.events.append(
                Event(.failure, at: now, detail: Array(outcome.reason.utf8), origin: origin))
        }
        return outcome
    }
}

/// How a try ended.
public enum Outcome: Equatable, Sendable {
    /// What let the user in.
    public enum Factor: Equatable, Sendable {
        /// A code of this authenticator, so many steps from the current one.
        case code(authenticator: Name, offset: Int)
        /// A backup code, with so many left.
        case backupCode(index: Int, left: Int)
    }

    /// Why a user was not let in.
    public enum Refusal: Equatable, Sendable {
        case wrong
        case replayed
        case usedBackupCode
        case outsideWindow(offset: Int)
        case malformed
        case empty
        case throttled(seconds: UInt64)
        case closed
        case noRecord
        case unknownUser
        case clock
    }

    case granted(Factor)
    case refused(Refusal)

    /// One word for the log, the event list and `--json`.
    public var reason: String {
        switch self {
        case .granted(.code): "code"
        case .granted(.backupCode): "backup-code"
        case .refused(.wrong): "wrong"
        case .refused(.replayed): "replayed"
        case .refused(.usedBackupCode): "used-backup-code"
        case .refused(.outsideWindow): "outside-window"
        case .refused(.malformed): "malformed"
        case .refused(.empty): "empty"
        case .refused(.throttled): "throttled"
        case .refused(.closed): "closed"
        case .refused(.noRecord): "no-record"
        case .refused(.unknownUser): "unknown-user"
        case .refused(.clock): "clock-before-release"
        }
    }
}

extension Outcome.Factor {
    /// The factor as the event list names it.
    var detail: [UInt8] {
        switch self {
        case .code(let name, _): name.bytes
        case .backupCode(let index, _): Array("backup code \(index)".utf8)
        }
    }
}
