/// How a try ended.
public enum Outcome: Equatable, Sendable {
    /// What let the user in.
    public enum Factor: Equatable, Sendable {
        /// A code of this authenticator, `offset` steps from the current one.
        case code(authenticator: Name, offset: Int)
        /// A backup code; `left` are left.
        case backupCode(index: Int, left: Int)
        /// The code that an admin issued.
        case temporaryCode
        /// A code that the user asked for, sent by this kind of message.
        case messageCode(MessageKind)
    }

    /// Why a user was not let in.
    public enum Refusal: Equatable, Sendable {
        case wrong
        case replayed
        case usedBackupCode
        case usedTemporaryCode
        /// A temporary code, or a code by message, that was valid once.
        case expired
        case outsideWindow(offset: Int)
        case malformed
        case empty
        /// The same answer as one refused before; not checked, and not counted.
        case repeated
        case throttled(seconds: UInt64)
        case closed
        case noRecord
        case unknownUser
        /// No record, and nothing has authenticated the user, who could otherwise enroll.
        case unproven
        /// Asked to enroll, and did not.
        case notEnrolled
        /// Another session enrolled the user first.
        case enrolledMeanwhile
        /// The clock is before the release of this program, or before a temporary code's issue.
        case clock
        /// Codes were used at times that are this many seconds ahead of the clock.
        case clockMovedBack(seconds: UInt64)

        /// One of each, with these numbers if they have one.
        public static func all(offset: Int = 0, seconds: UInt64 = 0) -> [Refusal] {
            [
                .wrong, .replayed, .usedBackupCode, .usedTemporaryCode, .expired,
                .outsideWindow(offset: offset), .malformed, .empty, .repeated,
                .throttled(seconds: seconds),
                .closed, .noRecord, .unknownUser, .unproven, .notEnrolled, .enrolledMeanwhile,
                .clock, .clockMovedBack(seconds: seconds),
            ]
        }
    }

    case granted(Factor)
    case refused(Refusal)

    /// One word for the log, the event list and `--json`.
    public var reason: String {
        switch self {
        case .granted(.code): "code"
        case .granted(.backupCode): "backup-code"
        case .granted(.temporaryCode): "temporary-code"
        case .granted(.messageCode): "message-code"
        case .refused(.wrong): "wrong"
        case .refused(.replayed): "replayed"
        case .refused(.usedBackupCode): "used-backup-code"
        case .refused(.usedTemporaryCode): "used-temporary-code"
        case .refused(.expired): "expired"
        case .refused(.outsideWindow): "outside-window"
        case .refused(.malformed): "malformed"
        case .refused(.empty): "empty"
        case .refused(.repeated): "repeated"
        case .refused(.throttled): "throttled"
        case .refused(.closed): "closed"
        case .refused(.noRecord): "no-record"
        case .refused(.unknownUser): "unknown-user"
        case .refused(.unproven): "first-factor-not-proven"
        case .refused(.notEnrolled): "not-enrolled"
        case .refused(.enrolledMeanwhile): "enrolled-meanwhile"
        case .refused(.clock): "clock-before-release"
        case .refused(.clockMovedBack): "clock-moved-back"
        }
    }
}

extension Outcome.Factor {
    /// The factor as the event list names it.
    var detail: [UInt8] {
        switch self {
        case .code(let name, _): name.bytes
        case .backupCode(let index, _): Array("backup code \(index)".utf8)
        case .temporaryCode: Array("temporary code".utf8)
        case .messageCode(.mail): Array("code by mail".utf8)
        case .messageCode(.sms): Array("code by text message".utf8)
        }
    }
}

extension Outcome.Refusal {
    /// Whether asking again in the same call makes sense.
    public var allowsAnotherTry: Bool {
        switch self {
        case .empty, .throttled, .closed, .clock: false
        default: true
        }
    }
}

extension Outcome {
    /// Whether the user is let in.
    var isGranted: Bool {
        if case .granted = self { return true }
        return false
    }

    /// Whether the answer was compared and is wrong, whatever the clock says.
    var isAboutTheAnswer: Bool {
        switch self {
        case .granted, .refused(.clock), .refused(.clockMovedBack): false
        default: true
        }
    }
}
