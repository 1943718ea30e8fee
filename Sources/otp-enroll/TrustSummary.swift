import OTPCore

/// What the options say of trusted keys.
struct TrustPolicy {
    /// Whether trusted keys count; `nil` where the caller cannot read the options.
    let isOn: Bool?
    /// How many days one counts at most.
    private let days: UInt8

    init(_ options: Options) {
        isOn = options.trustsKeys
        days = options.trustDays
    }

    private init(isOn: Bool?, days: UInt8) {
        self.isOn = isOn
        self.days = days
    }

    /// That of options which the caller cannot read: what the record says holds.
    static let unknown = TrustPolicy(isOn: nil, days: .max)

    /// What to say below a list of keys. A PAM line cannot be seen from here.
    var remark: String? {
        isOn == false
            ? "None of them counts now: trust = off (a PAM line may say otherwise)." : nil
    }

    /// How it stands with the keys of a record.
    func keys(of record: borrowing Record, at now: UInt64) -> [TrustedKeySummary] {
        let isBehind = record.remembersLater(than: now)
        return record.trusted.map { key in
            let state: TrustedKeySummary.State =
                if now >= end(of: key) { .ended } else {
                    key.isLive(at: now, days: days) && !isBehind ? .live : .clockIsBehind
                }
            return TrustedKeySummary(key, self, state)
        }
    }

    /// When a key ends, in Unix seconds.
    func end(of key: TrustedKey) -> UInt64 { key.end(days: days) }
}

extension Workplace {
    /// What the options say of trusted keys, as far as the caller can read them.
    var trustPolicy: TrustPolicy { knowsPolicy ? TrustPolicy(options) : .unknown }
}

/// How it stands with a trusted key.
struct TrustedKeySummary {
    /// Whether its time is now.
    enum State {
        case live
        case ended
        /// The machine's clock was set back, to before the last use of this key or of a code.
        case clockIsBehind
    }

    let fingerprint: [UInt8]
    /// What the user calls it.
    let name: String
    /// When it ends, in Unix seconds.
    let until: UInt64
    let state: State
    /// When it last logged in, in Unix seconds.
    let lastUsed: UInt64
    /// Where it last logged in from; empty where nobody knows.
    let lastAddress: String
    /// Whether it logs in without a code now; `nil` where the caller cannot know.
    let isActive: Bool?
    private let since: UInt64

    fileprivate init(_ key: TrustedKey, _ policy: TrustPolicy, _ state: State) {
        fingerprint = key.fingerprint
        name = key.name.text
        since = key.since
        until = policy.end(of: key)
        self.state = state
        lastUsed = key.lastUsed
        lastAddress = Output.printable(key.address)
        isActive = state == .live ? policy.isOn : false
    }

    /// The fingerprint as ssh-keygen prints it.
    var fingerprintText: String { SSHKey.text(of: fingerprint) }

    /// The object of `trusted --json` and `status --json`.
    var json: JSON {
        .object([
            "fingerprint": .text(fingerprintText), "name": .text(name), "since": .time(since),
            "until": .time(until), "last_used": .time(lastUsed),
            "last_address": lastAddress.isEmpty ? .null : .text(lastAddress),
            "active": isActive.map(JSON.bool) ?? .null,
        ])
    }

    /// What a person reads of it, line by line.
    var lines: [String] {
        let end = state == .ended ? "ended" : "until"
        let place = lastAddress.isEmpty ? "" : " from \(lastAddress)"
        var lines = [
            name, "  \(fingerprintText)",
            "  since \(Machine.localTime(since)), \(end) \(Machine.localTime(until))",
            "  last used \(Machine.localTime(lastUsed))\(place)",
        ]
        if state == .clockIsBehind {
            lines.append("  does not count while this machine's clock is before the last login")
        }
        return lines
    }

    /// Its end, for a table.
    var end: String {
        switch state {
        case .live: Machine.localTime(until)
        case .ended: "ended"
        case .clockIsBehind: "not now"
        }
    }
}
