import OTPCore
import OTPWire

/// Puts the outcome of a try into words.
struct VerdictText {
    private let outcome: OutcomeDocument

    init(_ outcome: OutcomeDocument) { self.outcome = outcome }

    /// The outcome if there is nothing to log in with, so that no try is needed.
    static var notEnrolled: VerdictText {
        VerdictText(OutcomeDocument(.refused(.noRecord), authenticators: []))
    }

    /// Whether a login would have succeeded.
    var accepted: Bool { outcome.isAccepted }

    /// Throws unless a login would have succeeded.
    func require(of user: String) throws(Failure) {
        guard accepted else { throw Failure(text(user: user), hints: hints) }
    }

    /// The object of `--json`: `offset` in steps if a code was recognized.
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

    /// The text for users.
    func text(user: String) -> String {
        guard accepted else {
            return outcome.refusal.map { text($0, user: user).text }
                ?? "refused: \(Output.printable(outcome.reason))"
        }
        if let name = outcome.authenticator { return accepted(Output.printable(name)).text }
        if let left = outcome.backupCodesLeft {
            return (Phrase("Accepted: a backup code.") + UserText.backupCodesLeft(left)).text
        }
        return Phrase("Accepted: the temporary code, which is now used up.").text
    }

    /// A code of this authenticator, and its position.
    private func accepted(_ name: String) -> Phrase {
        let offset = outcome.offset ?? 0
        // An HOTP token has no clock that could be off.
        guard let period = outcome.period else {
            return offset == 0
                ? Phrase("Accepted: a code of \"\(name)\", the next one.")
                : Phrase("Accepted: a code of \"\(name)\", \(offset) ahead.")
        }
        return Phrase(
            "Accepted: a code of \"\(name)\", \(Words.place(of: offset, period: period)).")
    }

    private func text(_ refusal: Outcome.Refusal, user: String) -> Phrase {
        switch refusal {
        case .wrong: Phrase("refused: wrong code")
        case .replayed: Phrase("refused: this code, or a later one, was already used")
        case .usedBackupCode:
            Phrase("refused: this backup code was already used, or is from an old set")
        case .usedTemporaryCode: Phrase("refused: this temporary code was already used")
        case .expired: Phrase("refused: this temporary code has expired")
        case .outsideWindow(let offset): outsideWindow(offset)
        case .malformed: Phrase("refused: neither a code nor a backup code")
        case .empty: Phrase("no code was given")
        case .repeated: Phrase("refused: the same code was refused before")
        case .throttled(let seconds): throttled(seconds)
        case .closed: Phrase("not checked: too many wrong codes, the account is closed for codes")
        case .noRecord, .unproven, .notEnrolled, .enrolledMeanwhile:
            Phrase("\(user) is not enrolled")
        case .unknownUser: Phrase("there is no such user")
        case .clock: Phrase("refused: this machine's clock is behind")
        case .clockMovedBack(let seconds):
            Phrase(
                """
                refused: codes were used that are only due in \(Words.duration(seconds)), so \
                this machine's clock was ahead then, or is behind now
                """)
        }
    }

    private func outsideWindow(_ offset: Int) -> Phrase {
        let steps = offset.magnitude
        let off = Words.duration(of: offset, period: outcome.period ?? 30)
        return offset > 0
            ? Phrase(
                steps,
                one: """
                    refused: the code is \(steps) step too early, the phone's clock is \(off) ahead
                    """,
                other: """
                    refused: the code is \(steps) steps too early, the phone's clock is \(off) ahead
                    """)
            : Phrase(
                steps,
                one: """
                    refused: the code is \(steps) step too late, the phone's clock is \(off) behind
                    """,
                other: """
                    refused: the code is \(steps) steps too late, the phone's clock is \(off) behind
                    """)
    }

    private func throttled(_ seconds: UInt64) -> Phrase {
        if seconds < 60 {
            return Phrase(
                seconds, one: "not checked: too many wrong codes, wait for \(seconds) second",
                other: "not checked: too many wrong codes, wait for \(seconds) seconds")
        }
        let minutes = UserText.minutes(seconds)
        return Phrase(
            minutes, one: "not checked: too many wrong codes, wait for \(minutes) minute",
            other: "not checked: too many wrong codes, wait for \(minutes) minutes")
    }

    /// What would help.
    var hints: [String] { outcome.refusal.flatMap(hint).map { [$0.text] } ?? [] }

    private func hint(_ refusal: Outcome.Refusal) -> Phrase? {
        switch refusal {
        case .wrong: Phrase("is it the right entry in the app? `otp-enroll add` enrolls again")
        case .replayed: Phrase("each code works once; wait for the next one")
        case .usedBackupCode:
            Phrase("try one that is not crossed out; `otp-enroll codes` makes new ones")
        case .outsideWindow:
            Phrase("set the phone's clock from the network, and check the time here")
        case .malformed:
            Phrase("a code has 6 to 8 digits, a backup code looks like 3K7MQ-2XJ9T-DWP4A")
        case .usedTemporaryCode, .expired:
            Phrase("an administrator can make a new one: `otp-enroll issue`")
        case .clockMovedBack:
            Phrase("set the clock; if it is right, `otp-enroll resync` repairs the record")
        case .noRecord, .unproven, .notEnrolled, .enrolledMeanwhile:
            Phrase("`otp-enroll add` enrolls")
        case .closed:
            Phrase(
                "an administrator can open it again (`otp-enroll unlock`); backup codes still work")
        case .clock: Phrase("set the clock; backup codes still work")
        case .repeated: Phrase("wait for the next one")
        case .empty, .throttled, .unknownUser: nil
        }
    }
}
