import OTPCore

/// What `status` and `list` tell of a record.
struct Summary {
    /// Whether there is anything to log in with.
    private(set) var isEnrolled = false
    /// The apps and tokens.
    private(set) var authenticators: [Authenticator] = []
    /// How many backup codes can still be used.
    private(set) var backupCodesLeft = 0
    /// The temporary code that was issued last.
    private(set) var temporaryCode: TemporaryCodeSummary?
    /// The SSH keys that skip the code, or did.
    private(set) var trusted: [TrustedKeySummary] = []
    /// What to say below them.
    private(set) var trustRemark: String?
    /// Consecutive failures from everywhere.
    private(set) var failures: UInt32 = 0
    /// What keeps tries from being made.
    private(set) var lock: Lock?
    /// When a code was last accepted, in Unix seconds; 0 for never.
    private(set) var lastLogin: UInt64 = 0
    private var log = EventLog()

    /// The summary of nothing.
    init() {}

    init(
        _ record: borrowing Record, at now: UInt64, boot: BootTime?, trust policy: TrustPolicy
    ) {
        isEnrolled = record.isEnrolled
        authenticators = record.authenticators
        backupCodesLeft = record.backupCodesLeft
        temporaryCode = record.temporaryCode.map {
            TemporaryCodeSummary($0, at: now, boot: boot)
        }
        trusted = policy.keys(of: record, at: now)
        trustRemark = policy.remark
        failures = record.throttle.failures
        lock = Lock(record.throttle, at: now)
        lastLogin = record.throttle.sources.map(\.lastLogin).max() ?? 0
        log = record.events
    }

    /// What happened, the last thing first.
    var events: [Event] { log.events.reversed() }

    /// The event that ended it for somebody who is not enrolled any more.
    var end: Event? {
        isEnrolled ? nil : events.first { $0.kind == .reset || $0.kind == .disabled }
    }

    // MARK: For scripts

    /// The members of the object that `status --json` prints.
    func json(user: String) -> KeyValuePairs<String, JSON> {
        [
            "user": .text(user), "enrolled": .bool(isEnrolled),
            "authenticators": .list(authenticators.map(Summary.json)),
            "backup_codes_left": .count(backupCodesLeft),
            "temporary_code": temporaryCode?.json ?? .null,
            "failures": .number(Int64(failures)), "locked_until": lock?.json ?? .null,
            "trusted": .list(trusted.map(\.json)), "events": .list(events.map(Summary.json)),
        ]
    }

    private static func json(_ authenticator: Authenticator) -> JSON {
        let lastUsed = authenticator.lastUsed
        let used = lastUsed == 0 ? JSON.null : .time(lastUsed)
        guard authenticator.kind == .hotp else {
            return .object([
                "name": .text(authenticator.name.text), "kind": .text("totp"),
                "algorithm": .text(authenticator.algorithm.name),
                "digits": .number(Int64(authenticator.digits)),
                "period": .number(Int64(authenticator.period)),
                "drift": .number(Int64(authenticator.drift)),
                "added": .time(authenticator.added), "last_used": used,
            ])
        }
        return .object([
            "name": .text(authenticator.name.text), "kind": .text("hotp"),
            "algorithm": .text(authenticator.algorithm.name),
            "digits": .number(Int64(authenticator.digits)), "period": .null,
            "drift": .number(0),
            "counter": .number(Int64(clamping: authenticator.nextStep)),
            "added": .time(authenticator.added), "last_used": used,
        ])
    }

    private static func json(_ event: Event) -> JSON {
        .object([
            "time": .time(event.time), "event": .text(event.kind.name),
            "detail": .text(Output.printable(event.detail)),
            "origin": .text(Output.printable(event.origin)),
        ])
    }
}

/// How it stands with a temporary code.
struct TemporaryCodeSummary {
    /// Whether it can be used.
    let state: IssuedCode.State
    /// When it ends, in Unix seconds.
    let expires: UInt64
    private let issued: UInt64
    private let used: UInt64

    init(_ code: IssuedCode, at now: UInt64, boot: BootTime?) {
        state = code.state(at: now, boot: boot)
        expires = code.expires
        issued = code.issued
        used = code.used
    }

    /// The member of `status --json`.
    var json: JSON {
        .object([
            "issued": .time(issued), "expires": .time(expires),
            "used": used == 0 ? .null : .time(used),
        ])
    }

    /// What a person reads.
    func text(at now: UInt64) -> String {
        let end =
            switch state {
            case .live:
                "works once until \(Machine.localTime(expires)), for "
                    + Words.duration(expires - min(now, expires))
            case .used: "used on \(Machine.localTime(used))"
            case .expired: "expired on \(Machine.localTime(expires))"
            case .beforeIssue: "not usable while this machine's clock is before its issue"
            }
        return "\(end) (issued on \(Machine.localTime(issued)))"
    }
}
