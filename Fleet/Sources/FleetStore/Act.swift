import OTPCore

/// One request of one host about one user.
public struct Act: Sendable {
    /// What stands for the request, and only for it: the same one gets the reply that it got before.
    public var request: RowID
    /// The host that asks.
    public var host: HostRow
    /// The user, as the host's passwd names it.
    public var user: User
    /// The server's time, in Unix seconds.
    public var time: UInt64
    /// The newest receipt that the host has.
    public var receipt: Receipt?
    /// Whether the user's row may have another UID than the user: it is to be moved.
    public var isMove = false
    /// Whether an admin does it on a server: then it is no host's, and no host can be refused.
    public private(set) var isOnServer = false

    public init(
        request: RowID, host: HostRow, user: User, time: UInt64, receipt: Receipt? = nil
    ) {
        self.request = request
        self.host = host
        self.user = user
        self.time = time
        self.receipt = receipt
    }

    /// What an admin does on a server, about a user of `realm`.
    public init(onServer realm: String, about user: User, time: UInt64) {
        // Its random id is no host's, so that it has no failures of strangers, and shares no request.
        var nowhere = HostRow("")
        nowhere.realm = realm
        self.init(request: .random(), host: nowhere, user: user, time: time)
        isOnServer = true
    }
}

/// What a unit of work answers.
public struct ActAnswer: Sendable {
    /// The bytes for the host, at most 64 KiB. They are kept, sealed, in the user's row, and sent
    /// again when the same request comes again.
    public var reply: [UInt8]
    /// What the audit says of it; `nil` for nothing, if nothing was changed either.
    public var audit: AuditEntry?

    public init(reply: [UInt8], audit: AuditEntry?) {
        self.reply = reply
        self.audit = audit
    }
}

/// A line of the audit, apart from time, server, host and user, which are added.
public struct AuditEntry: Sendable, Equatable {
    /// What was asked for: `login`, `reset`, `invite`.
    public var kind: String
    /// Whether it was granted.
    public var granted: Bool
    /// Which factor, or why not: a word or two. Never an answer.
    public var detail: String
    /// Where it came from, such as `sshd 192.0.2.7`.
    public var origin: String
    /// Who did it; the user, if empty.
    public var actor: String
    /// Whether it costs the host one of its failures.
    public var isFailure: Bool
    /// Which backup code it was, 0 to 9. The audit does not have it: it is for the server's log,
    /// from which it is needed when the database, and with it the audit, has gone back.
    public var backupCode: Int?

    public init(
        kind: String, granted: Bool, detail: String = "", origin: String = "", actor: String = "",
        isFailure: Bool = false
    ) {
        self.kind = kind
        self.granted = granted
        self.detail = detail
        self.origin = origin
        self.actor = actor
        self.isFailure = isFailure
    }
}

/// How a unit of work ended.
public enum Performed: Sendable {
    /// It was done, or had been done before, and the standby has it.
    case done(Done)
    /// The host may not ask.
    case refused(HostRefusal)

    /// What was done.
    public struct Done: Sendable {
        /// The bytes for the host.
        public let reply: [UInt8]
        /// Proves that the audit has it; `nil` if nothing was stored.
        public let receipt: Receipt?
        /// What the user is to be told, now that it is stored.
        public let changes: [RecordChange]
        /// Whether the reply is that of an earlier call with the same request.
        public let isRepeated: Bool
    }
}

/// Why a host may not ask.
public enum HostRefusal: Equatable, Sendable {
    /// It was revoked, or has no row.
    case revoked
    /// Its failures are used up: it is in quarantine until some have come back.
    case overBudget
}

/// Changes to a record that its user is to be told of.
public struct RecordChange: Sendable {
    /// What happened.
    public let events: [Event]
    /// Whose record it is.
    public let user: User
    /// The user's language, if the user has chosen one.
    public let language: Language?
    /// The mail address that the record had before, and has now: whoever changes it does not choose
    /// who is told.
    public let addresses: (before: String?, now: String?)
}
