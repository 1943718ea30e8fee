import OTPCore

/// A user's second factor, without its secrets. Times are Unix seconds.
public struct AccountDocument: Codable, Equatable, Sendable {
    /// Whether there is anything to log in with.
    public var isEnrolled: Bool
    public var authenticators: [AuthenticatorDocument]
    public var backupCodesLeft: Int
    /// The temporary code that was issued last.
    public var temporaryCode: TemporaryCodeDocument?
    /// Where codes may be sent; `nil` for nowhere.
    public var contacts: [ContactDocument]?
    /// The SSH keys that skip the code, or once did.
    public var trusted: [TrustedKeyDocument]
    /// Consecutive failures from everywhere.
    public var failures: UInt32
    /// What prevents tries.
    public var lock: LockDocument?
    /// When a code was last accepted; `nil` for never.
    public var lastLogin: UInt64?
    /// The user's language, if the user has chosen one.
    public var language: String?
    /// The events, the latest first.
    public var events: [EventDocument]

    public init(
        _ record: borrowing Record, at now: UInt64, boot: BootTime?, options: Options
    ) {
        isEnrolled = record.isEnrolled
        authenticators = []
        for (index, authenticator) in record.authenticators.enumerated() {
            var document = AuthenticatorDocument(authenticator)
            if record.hasShortKey(at: index) { document.hasShortKey = true }
            authenticators.append(document)
        }
        backupCodesLeft = record.backupCodesLeft
        temporaryCode = record.temporaryCode.map {
            TemporaryCodeDocument($0, at: now, boot: boot)
        }
        let contacts = record.messaging.contacts
        self.contacts = contacts.isEmpty ? nil : contacts.map(ContactDocument.init)
        let isBehind = record.remembersLater(than: now)
        trusted = []
        for key in record.trusted {
            trusted.append(
                TrustedKeyDocument(
                    key, of: record, at: now, options: options, clockIsBehind: isBehind))
        }
        failures = record.throttle.failures
        lock = record.throttle.lockout(at: now, closedFor: options.closedFor)
            .map(LockDocument.init)
        lastLogin = record.throttle.lastLogin
        language = record.language?.name
        events = record.happened.map(EventDocument.init)
    }
}

/// An authenticator, without its key.
public struct AuthenticatorDocument: Codable, Equatable, Sendable {
    public var name: String
    /// `totp` or `hotp`.
    public var kind: String
    /// `SHA1`, `SHA256` or `SHA512`.
    public var algorithm: String
    public var digits: UInt8
    /// Seconds.
    public var period: UInt16
    /// How many steps the device's clock is ahead.
    public var drift: Int16
    /// The first step or counter that may be used.
    public var nextStep: UInt64
    public var added: UInt64
    /// 0 for never.
    public var lastUsed: UInt64
    /// Whether its key has fewer than 128 bits; only in accounts, and only if it has.
    public var hasShortKey: Bool?

    public init(_ authenticator: Authenticator) {
        name = authenticator.name.text
        kind = authenticator.kind.word
        algorithm = authenticator.algorithm.name
        digits = authenticator.digits
        period = authenticator.period
        drift = authenticator.drift
        nextStep = authenticator.nextStep
        added = authenticator.added
        lastUsed = authenticator.lastUsed
    }

    /// The authenticator described; `nil` if it is impossible.
    public var authenticator: Authenticator? {
        guard let name = Name(name.utf8), let kind = Authenticator.Kind(word: kind),
            let algorithm = HashAlgorithm(name: algorithm),
            var authenticator = Authenticator(
                name: name, kind: kind, algorithm: algorithm, digits: digits, period: period,
                added: added)
        else { return nil }
        authenticator.drift = drift
        authenticator.nextStep = nextStep
        authenticator.lastUsed = lastUsed
        return authenticator
    }
}

/// A temporary code and its state.
public struct TemporaryCodeDocument: Codable, Equatable, Sendable {
    /// Whether it can be used.
    public enum State: String, Codable, Sendable {
        case live
        case used
        case expired
        /// The machine's clock was set back to before its issue.
        case beforeIssue
    }

    public var state: State
    public var issued: UInt64
    public var expires: UInt64
    /// When it was used; 0 for never.
    public var used: UInt64

    init(_ code: IssuedCode, at now: UInt64, boot: BootTime?) {
        state =
            switch code.state(at: now, boot: boot) {
            case .live: .live
            case .used: .used
            case .expired: .expired
            case .beforeIssue: .beforeIssue
            }
        issued = code.issued
        expires = code.expires
        used = code.used
    }
}

/// Where codes may be sent.
public struct ContactDocument: Codable, Equatable, Sendable {
    /// `mail` or `sms`.
    public var kind: String
    /// The mail address or telephone number.
    public var address: String
    /// When it was set.
    public var since: UInt64

    init(_ contact: Contact) {
        (kind, address, since) = (contact.kind.word, contact.text, contact.since)
    }
}

/// An SSH key that skips the code, or once did, and its state.
public struct TrustedKeyDocument: Codable, Equatable, Sendable {
    /// Whether it is trusted now.
    public enum State: String, Codable, Sendable {
        case live
        case ended
        /// The machine's clock was set back to before the last use of this key or of a code.
        case clockIsBehind
    }

    /// The fingerprint as ssh-keygen(1) prints it.
    public var fingerprint: String
    /// What the user calls it.
    public var name: String
    public var since: UInt64
    /// When the trust ends.
    public var until: UInt64
    public var lastUsed: UInt64
    /// Where it last logged in from; empty if unknown.
    public var address: String
    /// The authenticator whose code granted the trust, and whose removal ends it.
    public var by: String?
    public var state: State

    init(
        _ key: TrustedKey, of record: borrowing Record, at now: UInt64, options: Options,
        clockIsBehind: Bool
    ) {
        by = record.origin(of: key)?.text
        fingerprint = SSHKey.text(of: key.fingerprint)
        name = key.name.text
        since = key.since
        until = key.end(days: options.trustDays)
        lastUsed = key.lastUsed
        address = String(decoding: key.address, as: UTF8.self)
        if now >= until {
            state = .ended
        } else {
            let isLive = key.isLive(at: now, days: options.trustDays) && !clockIsBehind
            state = isLive ? .live : .clockIsBehind
        }
    }
}

/// What prevents tries.
public struct LockDocument: Codable, Equatable, Sendable {
    /// Until when; `nil` if somebody has to open it again.
    public var until: UInt64?
    /// Whom it locks out.
    public var reach: Lockout.Reach
    /// Whether a hundred failures caused it.
    public var isClosed: Bool

    init(_ lockout: Lockout) {
        isClosed = lockout.isClosed
        until = lockout.until == .max ? nil : lockout.until
        reach = lockout.reach
    }
}

extension Lockout.Reach: Codable {}

/// Something that happened.
public struct EventDocument: Codable, Equatable, Sendable {
    /// A word from the list in docs/FILEFORMAT.md.
    public var kind: String
    public var time: UInt64
    public var detail: String
    public var origin: String

    public init(_ event: Event) {
        kind = event.kind.name
        time = event.time
        detail = String(decoding: event.detail, as: UTF8.self)
        origin = String(decoding: event.origin, as: UTF8.self)
    }

    /// The event described; `nil` for a kind that this program does not know.
    public var event: Event? {
        Event.Kind.allCases.first { $0.name == kind }.map {
            Event($0, at: time, detail: Array(detail.utf8), origin: Array(origin.utf8))
        }
    }
}
