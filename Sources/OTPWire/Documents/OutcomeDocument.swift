import OTPCore

/// How a try ended.
public struct OutcomeDocument: Codable, Equatable, Sendable {
    /// Whether a login would have been let in.
    public var isAccepted: Bool
    /// The word for it in `--json` and the log.
    public var reason: String
    /// The authenticator that the code belongs to.
    public var authenticator: String?
    /// How many steps it is from the current one; for an HOTP token, from the next one.
    public var offset: Int?
    /// The period of the TOTP authenticator that the code belongs to; if it was outside the window,
    /// of the one with the longest.
    public var period: UInt16?
    /// Which backup code it was, and how many are left.
    public var backupCode: Int?
    public var backupCodesLeft: Int?
    /// How long to wait, in seconds; with `clock-moved-back`, how far back the clock is.
    public var seconds: UInt64?

    /// `authenticators` are those of the record that was tried.
    public init(_ outcome: Outcome, authenticators: [Authenticator]) {
        reason = outcome.reason
        switch outcome {
        case .granted(let factor):
            isAccepted = true
            switch factor {
            case .code(let name, let steps):
                authenticator = name.text
                offset = steps
                period = authenticators.first { $0.name == name && $0.kind == .totp }?.period
            case .backupCode(let index, let left): (backupCode, backupCodesLeft) = (index, left)
            case .temporaryCode, .messageCode: break
            }
        case .refused(let refusal):
            isAccepted = false
            switch refusal {
            case .outsideWindow(let steps):
                offset = steps
                period = authenticators.filter { $0.kind == .totp }.map(\.period).max() ?? 30
            case .throttled(let wait): seconds = wait
            case .clockMovedBack(let back): seconds = back
            default: break
            }
        }
    }

    /// Why it was refused; `nil` if it was not, or for a reason that is unknown here.
    public var refusal: Outcome.Refusal? {
        isAccepted
            ? nil
            : Outcome.Refusal.all(offset: offset ?? 0, seconds: seconds ?? 0)
                .first { Outcome.refused($0).reason == reason }
    }
}

/// The verdict on the first code of a new authenticator.
public enum VerdictDocument: Codable, Equatable, Sendable {
    /// Of the right key, but this many steps off, which no login would accept.
    case offClock(steps: Int)
    /// What an app shows that ignores these: `algorithm`, `digits`, `period`.
    case ignored(settings: [String])
    /// Of another key, or mistyped.
    case wrong

    /// `nil` for a right one, which is stored and answered by `done`.
    public init?(_ verdict: Confirmation.Verdict) {
        switch verdict {
        case .right: return nil
        case .offClock(let steps): self = .offClock(steps: steps)
        case .ignored(let settings): self = .ignored(settings: settings.map { "\($0)" })
        case .wrong: self = .wrong
        }
    }
}

/// A new authenticator that waits for its first code.
public struct BegunDocument: Codable, Equatable, Sendable {
    public var authenticator: AuthenticatorDocument
    /// Its key in Base32, which leaves the service only now.
    public var key: String
    /// Whether storing it ends one of the same name.
    public var replaces: Bool
    /// Whether the user has others, from which the app must distinguish it.
    public var isBeside: Bool
    /// The issuer that apps show, unless the command line names another.
    public var issuer: String
    /// The argument for `confirm` and `keep`, good for 15 minutes. It means nothing to anybody
    /// else.
    public var ticket: String

    public init(
        _ authenticator: Authenticator, key: String, replaces: Bool, isBeside: Bool,
        issuer: [UInt8], ticket: String
    ) {
        self.authenticator = AuthenticatorDocument(authenticator)
        self.key = key
        self.replaces = replaces
        self.isBeside = isBeside
        self.issuer = String(decoding: issuer, as: UTF8.self)
        self.ticket = ticket
    }
}

/// What was done.
public struct ChangeDocument: Codable, Equatable, Sendable {
    /// The event that was recorded; `nil` if nothing had to be done.
    public var event: EventDocument?
    /// The authenticator under its present name, new or found to exist already.
    public var authenticator: AuthenticatorDocument?
    /// Whether it replaced another one.
    public var replaced: Bool?
    /// How many seconds the new one's clock is ahead.
    public var skew: Int?
    /// Backup codes in clear.
    public var backupCodes: [String]?
    /// A temporary code in clear, when it expires, and whether wrong codes have locked the user.
    public var temporaryCode: String?
    public var expires: UInt64?
    public var isLocked: Bool?
    /// Why the temporary code, which is not in the reply, or a report could not be sent by mail.
    public var unsent: String?
    /// How many steps a clock was found to be ahead.
    public var drift: Int?
    /// How many failures were forgotten, or will be at `opens`.
    public var failures: UInt32?
    public var opens: UInt64?
    /// The names of SSH keys whose trust ended with what was removed.
    public var trustEnded: [String]?
    /// The UID of the record that was moved or forgotten, and the name in it.
    public var record: NumberDocument?
    /// What was wrong with a record that was replaced by an empty one.
    public var trouble: TroubleDocument?

    public init(_ event: Event?) { self.event = event.map(EventDocument.init) }
}
