import OTPCore
import OTPWire

/// What `status` shows about an account.
struct Summary {
    let account: AccountDocument
    /// The SSH keys that skip the code, or once did.
    let trusted: [TrustedKeySummary]
    /// What to say below them.
    let trustRemark: String?
    /// Whether SSH keys in FIDO authenticators log in without a code.
    let admitsSecurityKeys: Bool

    /// The summary of the user's account.
    init(of context: Context) throws(Failure) {
        account = try context.account()
        trusted = try TrustedKeySummary.list(account.trusted, of: context)
        admitsSecurityKeys = try context.policy().admitsSecurityKeys
        trustRemark = try TrustedKeySummary.remark(about: trusted, of: context)
    }

    /// The event that ended the second factor of a user who is no longer enrolled.
    var end: EventDocument? {
        account.isEnrolled
            ? nil : account.events.first { $0.kind == "reset" || $0.kind == "disabled" }
    }

    // MARK: For scripts

    /// The members of the object that `status --json` prints.
    func json(user: String) -> KeyValuePairs<String, JSON> {
        [
            "user": .text(user), "enrolled": .bool(account.isEnrolled),
            "authenticators": .list(account.authenticators.map(\.json)),
            "backup_codes_left": .count(account.backupCodesLeft),
            "temporary_code": account.temporaryCode?.json ?? .null,
            "failures": .number(Int64(account.failures)),
            "locked_until": account.lock?.json ?? .null,
            "trusted": .list(trusted.map(\.json)),
            "contacts": .list((account.contacts ?? []).map(\.json)),
            "security_keys": .bool(admitsSecurityKeys),
            "events": .list(account.events.map(\.json)),
        ]
    }
}

extension AuthenticatorDocument {
    /// Whether it uses a counter rather than the clock.
    var isCounter: Bool { kind == "hotp" }

    /// The object of `status --json`.
    fileprivate var json: JSON {
        let used = lastUsed == 0 ? JSON.null : .time(lastUsed)
        guard isCounter else {
            return .object([
                "name": .text(name), "kind": .text(kind), "algorithm": .text(algorithm),
                "digits": .number(Int64(digits)), "period": .number(Int64(period)),
                "drift": .number(Int64(drift)), "added": .time(added), "last_used": used,
                "short_key": .bool(hasShortKey == true),
            ])
        }
        return .object([
            "name": .text(name), "kind": .text(kind), "algorithm": .text(algorithm),
            "digits": .number(Int64(digits)), "period": .null, "drift": .number(0),
            "counter": .number(Int64(clamping: nextStep)), "added": .time(added),
            "last_used": used, "short_key": .bool(hasShortKey == true),
        ])
    }
}

extension ContactDocument {
    /// The object of `status --json` and `contact --json`.
    var json: JSON {
        .object(["kind": .text(kind), "address": .text(address), "since": .time(since)])
    }
}

extension EventDocument {
    /// The object of `status --json`.
    fileprivate var json: JSON {
        .object([
            "time": .time(time), "event": .text(kind), "detail": .text(Output.printable(detail)),
            "origin": .text(Output.printable(origin)),
        ])
    }
}
