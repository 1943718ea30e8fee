import OTPCore
import OTPWire

/// Puts the outcome of a try into words.
struct VerdictText {
    private let outcome: OutcomeDocument

    init(_ outcome: OutcomeDocument) { self.outcome = outcome }

    /// The outcome of a try that nobody has to make: there is nothing to log in with.
    static var notEnrolled: VerdictText {
        VerdictText(OutcomeDocument(.refused(.noRecord), authenticators: []))
    }

    /// Whether a login would have succeeded.
    var accepted: Bool { outcome.isAccepted }

    /// Throws unless a login would have succeeded.
    func require(of user: String) throws(Failure) {
        guard accepted else { throw Failure(text(user: user), hints: hints) }
    }

    /// The object that `--json` prints: `offset` in steps where a code was recognized.
    func json(user: String) -> JSON {
        var wait: JSON?
        if case .throttled(let seconds) = outcome.refusal {
            wait = .number(Int64(clamping: seconds))
        }
        let members: KeyValuePairs<String, JSON?> = [
            "user": .text(user), "accepted": .bool(accepted), "reason": .text(outcome.reason),
            "authenticator": outcome.authenticator.map(JSON.text),
            "offset": outcome.offset.map(JSON.count),
            "backup_code": outcome.backupCode.map(JSON.count),
            "backup_codes_left": outcome.backupCodesLeft.map(JSON.count), "wait": wait,
        ]
        return .members(members.compactMap { name, value in value.map { JSON.Member(name, $0) } })
    }

    /// What a person reads.
    func text(user: String) -> String {
        guard accepted else {
            return outcome.refusal.map { text($0, user: user) }
                ?? "refused: \(Output.printable(outcome.reason))"
        }
        if let name = outcome.authenticator {
            return "Accepted: a code of \"\(Output.printable(name))\", \(place)."
        }
        if let left = outcome.backupCodesLeft {
            return "Accepted: a backup code. " + UserText.backupCodesLeft(left)
        }
        return "Accepted: the temporary code, which is now used up."
    }

    private func text(_ refusal: Outcome.Refusal, user: String) -> String {
        switch refusal {
        case .wrong: return "refused: wrong code"
        case .replayed: return "refused: this code, or a later one, was already used"
        case .usedBackupCode:
            return "refused: this backup code was already used, or is from an old set"
        case .usedTemporaryCode: return "refused: this temporary code was already used"
        case .expired: return "refused: this temporary code has expired"
        case .outsideWindow(let offset):
            let off = Words.duration(of: offset, period: outcome.period ?? 30)
            let side = offset > 0 ? "ahead" : "behind"
            return "refused: the code is \(Words.count(offset.magnitude, "step")) too "
                + "\(offset > 0 ? "early" : "late"), the phone's clock is \(off) \(side)"
        case .malformed: return "refused: neither a code nor a backup code"
        case .empty: return "no code was given"
        case .repeated: return "refused: the same code was refused before"
        case .throttled(let seconds):
            return "not checked: too many wrong codes, wait for \(UserText.duration(seconds))"
        case .closed: return "not checked: too many wrong codes, the account is closed for codes"
        case .noRecord, .unproven, .notEnrolled, .enrolledMeanwhile:
            return "\(user) is not enrolled"
        case .unknownUser: return "there is no such user"
        case .clock: return "refused: this machine's clock is behind"
        case .clockMovedBack(let seconds):
            return "refused: codes were used that are only due in \(Words.duration(seconds)), so "
                + "this machine's clock was ahead then, or is behind now"
        }
    }

    /// What would help.
    var hints: [String] {
        guard let refusal = outcome.refusal else { return [] }
        switch refusal {
        case .wrong:
            return ["is it the right entry in the app? `otp-enroll add` enrolls again"]
        case .replayed: return ["each code works once; wait for the next one"]
        case .usedBackupCode:
            return ["try one that is not crossed out; `otp-enroll codes` makes new ones"]
        case .outsideWindow: return [Words.clockAdvice]
        case .malformed:
            return ["a code has 6 to 8 digits, a backup code looks like 3K7MQ-2XJ9T-DWP4A"]
        case .usedTemporaryCode, .expired: return ["`otp-enroll issue` makes a new one (as root)"]
        case .clockMovedBack:
            return [
                "set the clock; if it is right, `otp-enroll resync` (as root) repairs the record"
            ]
        case .noRecord, .unproven, .notEnrolled, .enrolledMeanwhile:
            return ["`otp-enroll add` enrolls"]
        case .closed: return ["only root can open it again; backup codes still work"]
        case .clock: return ["set the clock; backup codes still work"]
        case .repeated: return ["wait for the next one"]
        case .empty, .throttled, .unknownUser: return []
        }
    }

    /// Where the code lies.
    private var place: String {
        let offset = outcome.offset ?? 0
        // A token that counts has no clock to be off.
        guard let period = outcome.period else {
            return offset == 0 ? "the next one" : "\(offset) ahead"
        }
        return Words.place(of: offset, period: period)
    }
}
