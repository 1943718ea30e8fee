import OTPCore

/// Puts the outcome of a try into words.
struct Explanation {
    private let outcome: Outcome
    private let authenticators: [Authenticator]

    /// `authenticators` are those of the record that the try was made on.
    init(_ outcome: Outcome, authenticators: [Authenticator]) {
        self.outcome = outcome
        self.authenticators = authenticators
    }

    /// Whether a login would have succeeded.
    var accepted: Bool {
        if case .granted = outcome { return true }
        return false
    }

    /// Throws unless a login would have succeeded.
    func require(of user: String) throws(Failure) {
        guard accepted else { throw Failure(text(user: user), hints: hints) }
    }

    /// The object that `--json` prints: `offset` in steps where a code was recognized.
    func json(user: String) -> JSON {
        let reason = JSON.text(outcome.reason)
        switch outcome {
        case .granted(.code(let name, let offset)):
            return .object([
                "user": .text(user), "accepted": .bool(true), "reason": reason,
                "authenticator": .text(name.text), "offset": .count(offset),
            ])
        case .granted(.backupCode(let index, let left)):
            return .object([
                "user": .text(user), "accepted": .bool(true), "reason": reason,
                "backup_code": .count(index), "backup_codes_left": .count(left),
            ])
        case .granted(.temporaryCode):
            return .object(["user": .text(user), "accepted": .bool(true), "reason": reason])
        case .refused(.outsideWindow(let offset)):
            return .object([
                "user": .text(user), "accepted": .bool(false), "reason": reason,
                "offset": .count(offset),
            ])
        case .refused(.throttled(let seconds)):
            return .object([
                "user": .text(user), "accepted": .bool(false), "reason": reason,
                "wait": .number(Int64(clamping: seconds)),
            ])
        default:
            return .object(["user": .text(user), "accepted": .bool(false), "reason": reason])
        }
    }

    /// What a person reads.
    func text(user: String) -> String {
        switch outcome {
        case .granted(.code(let name, let offset)):
            return "Accepted: a code of \"\(name.text)\", \(place(offset, period(of: name)))."
        case .granted(.backupCode(_, let left)):
            return "Accepted: a backup code. " + UserText.backupCodesLeft(left)
        case .granted(.temporaryCode): return "Accepted: the temporary code, which has ended now."
        case .refused(let refusal): return text(refusal, user: user)
        }
    }

    private func text(_ refusal: Outcome.Refusal, user: String) -> String {
        switch refusal {
        case .wrong: return "refused: wrong code"
        case .replayed: return "refused: this code, or a later one, was used already"
        case .usedBackupCode:
            return "refused: this backup code was used already, or is of an old set"
        case .usedTemporaryCode: return "refused: this temporary code was used already"
        case .expired: return "refused: this temporary code has expired"
        case .outsideWindow(let offset):
            let off = Words.duration(UInt64(offset.magnitude) * UInt64(commonPeriod))
            let side = offset > 0 ? "ahead" : "behind"
            return "refused: the code is \(Words.count(offset.magnitude, "step")) too "
                + "\(offset > 0 ? "early" : "late"), the phone's clock is \(off) \(side)"
        case .malformed: return "refused: neither a code nor a backup code"
        case .empty: return "no code was given"
        case .throttled(let seconds):
            return "not tried: too many wrong codes, wait for \(UserText.duration(seconds))"
        case .closed: return "not tried: too many wrong codes, the second factor is closed"
        case .noRecord, .unproven, .notEnrolled, .enrolledMeanwhile:
            return "\(user) is not enrolled"
        case .unknownUser: return "there is no such user"
        case .clock: return "refused: this machine's clock is behind, by years or by a little"
        case .clockMovedBack(let seconds):
            return "refused: codes were used that are due in \(Words.duration(seconds)), so this "
                + "machine's clock was ahead then, or is behind now"
        }
    }

    /// What would help.
    var hints: [String] {
        guard case .refused(let refusal) = outcome else { return [] }
        switch refusal {
        case .wrong:
            return ["is it the entry of this machine in the app? `otp-enroll add` enrolls anew"]
        case .replayed: return ["each code works once; wait for the next one"]
        case .usedBackupCode:
            return ["try one that is not crossed out; `otp-enroll codes` makes new ones"]
        case .outsideWindow: return [Words.clockAdvice]
        case .malformed:
            return ["a code has 6 to 8 digits, a backup code looks like 3K7MQ-2XJ9T-DWP4A"]
        case .usedTemporaryCode, .expired: return ["`otp-enroll issue` makes a new one (as root)"]
        case .clockMovedBack:
            return ["set the clock; where it is right now, `otp-enroll resync` (as root) mends it"]
        case .noRecord, .unproven, .notEnrolled, .enrolledMeanwhile:
            return ["`otp-enroll add` enrolls"]
        case .closed: return ["only root can open it again"]
        case .clock: return ["set the clock; backup codes work all the same"]
        case .empty, .throttled, .unknownUser: return []
        }
    }

    private func place(_ offset: Int, _ period: UInt16?) -> String {
        // A token that counts has no clock to be off.
        guard let period else { return offset == 0 ? "the next one" : "\(offset) ahead" }
        return Words.place(of: offset, period: period)
    }

    /// The period of a clock's authenticator; `nil` for a token that counts.
    private func period(of name: Name) -> UInt16? {
        authenticators.first { $0.name == name && $0.kind == .totp }?.period
    }

    /// The longest period of the record: the one to tell a clock's error by.
    private var commonPeriod: UInt16 {
        authenticators.filter { $0.kind == .totp }.map(\.period).max() ?? 30
    }
}
