import OTPCore
import OTPWire

/// An SSH key that skips the code, or once did, and its state.
struct TrustedKeySummary {
    let key: TrustedKeyDocument
    /// Whether it logs in without a code now.
    let isActive: Bool

    /// The keys of a user; the options say whether they count.
    static func list(
        _ keys: [TrustedKeyDocument], of context: Context
    ) throws(Failure) -> [TrustedKeySummary] {
        guard !keys.isEmpty else { return [] }
        let areTrusted = try context.policy().trustsKeys
        return keys.map {
            TrustedKeySummary(key: $0, isActive: areTrusted && $0.state == .live)
        }
    }

    /// What to say below them. The arguments of a PAM line are unknown here.
    static func remark(
        about keys: [TrustedKeySummary], of context: Context
    ) throws(Failure) -> String? {
        guard !keys.isEmpty, try !context.policy().trustsKeys else { return nil }
        let word = try context.policy().admitsSecurityKeys ? "sk" : "off"
        return Phrase("None of them counts now: trust = \(word) (a PAM line may say otherwise).")
            .text
    }

    /// The user's name for it, safe to show.
    var name: String { Output.printable(key.name) }
    /// The fingerprint as ssh-keygen prints it.
    var fingerprint: String { Output.printable(key.fingerprint) }
    /// Where it last logged in from; empty if unknown.
    var lastAddress: String { Output.printable(key.address) }

    /// The authenticator whose code granted the trust.
    private var origin: String? { key.by.map { Output.printable($0) } }

    /// The object of `trusted --json` and `status --json`.
    var json: JSON {
        .object([
            "fingerprint": .text(fingerprint), "name": .text(name), "since": .time(key.since),
            "until": .time(key.until), "last_used": .time(key.lastUsed),
            "last_address": lastAddress.isEmpty ? .null : .text(lastAddress),
            "by": origin.map(JSON.text) ?? .null, "active": .bool(isActive),
        ])
    }

    /// The text for users, line by line.
    var lines: [String] {
        let (since, until) = (Machine.localTime(key.since), Machine.localTime(key.until))
        let used = Machine.localTime(key.lastUsed)
        var phrases = [
            key.state == .ended
                ? Phrase("since \(since), ended \(until)")
                : Phrase("since \(since), until \(until)"),
            lastAddress.isEmpty
                ? Phrase("last used \(used)") : Phrase("last used \(used) from \(lastAddress)"),
        ]
        if let origin { phrases.insert(Phrase("by a code of \"\(origin)\""), at: 0) }
        if key.state == .clockIsBehind {
            phrases.append(
                Phrase("does not count while this machine's clock is before the last login"))
        }
        return [name, "  " + fingerprint] + phrases.map { "  " + $0.text }
    }

    /// Its end, for a table.
    func end(now: UInt64) -> String {
        switch key.state {
        case .live: Words.until(key.until, now: now)
        case .ended: Phrase("ended").text
        case .clockIsBehind: Phrase("not now").text
        }
    }
}
