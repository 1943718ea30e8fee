import OTPCore

/// What `status` tells of a record.
struct Summary {
    private var authenticators: [Authenticator] = []
    private var backupCodesLeft = 0
    private var failures: UInt32 = 0
    private var lockedUntil: UInt64?
    private var events: [Event] = []

    /// The summary of nothing.
    init() {}

    init(_ record: borrowing Record, at now: UInt64) {
        authenticators = record.authenticators
        backupCodesLeft = record.backupCodesLeft
        failures = record.throttle.failures
        lockedUntil = record.throttle.lockedUntil(at: now)
        events = record.events.events
    }

    // MARK: For scripts

    /// The members of the object that `--json` prints. A factor that only root can open again is
    /// locked until the end of the years that RFC 3339 can write.
    func json(user: String, enrolled: Bool) -> KeyValuePairs<String, JSON> {
        let locked = lockedUntil.map { JSON.time(min($0, Summary.endOfTime)) }
        return [
            "user": .text(user), "enrolled": .bool(enrolled),
            "authenticators": .list(authenticators.map(Summary.json)),
            "backup_codes_left": .count(backupCodesLeft), "failures": .number(Int64(failures)),
            "locked_until": locked ?? .null, "trusted": .list([]),
            "events": .list(events.reversed().map(Summary.json)),
        ]
    }

    /// 9999-12-31T23:59:59Z.
    private static let endOfTime: UInt64 = 253_402_300_799

    private static func json(_ authenticator: Authenticator) -> JSON {
        .object([
            "name": .text(authenticator.name.text), "kind": .text(kind(authenticator)),
            "algorithm": .text(authenticator.algorithm.name),
            "digits": .number(Int64(authenticator.digits)),
            "period": .number(Int64(authenticator.period)), "added": .time(authenticator.added),
            "last_used": authenticator.lastUsed == 0 ? .null : .time(authenticator.lastUsed),
        ])
    }

    private static func json(_ event: Event) -> JSON {
        .object([
            "time": .time(event.time), "event": .text(event.kind.name),
            "detail": .text(Output.printable(event.detail)),
            "origin": .text(Output.printable(event.origin)),
        ])
    }

    private static func kind(_ authenticator: Authenticator) -> String {
        authenticator.kind == .totp ? "totp" : "hotp"
    }

    // MARK: For people

    /// What a person reads.
    func text(user: String, now: UInt64) -> String {
        var lines = ["\(user) is enrolled.", ""]
        var apps = Table(["AUTHENTICATOR", "KIND", "ADDED", "LAST USED"])
        for authenticator in authenticators {
            let used = authenticator.lastUsed
            apps.add([
                authenticator.name.text, Summary.settings(authenticator),
                Machine.localTime(authenticator.added),
                used == 0 ? "never" : "\(Machine.localTime(used)) (\(Words.ago(used, now: now)))",
            ])
        }
        lines += apps.lines
        lines.append("")
        lines.append("Backup codes left: \(backupCodesLeft)\(codesHint)")
        lines.append("Failures in a row: \(failures)" + lock(now: now))
        guard !events.isEmpty else { return lines.joined(separator: "\n") }
        var log = Table(["WHEN", "WHAT", "WITH", "FROM"])
        for event in events.reversed() {
            log.add([
                Machine.localTime(event.time), event.kind.name, Output.printable(event.detail),
                Output.printable(event.origin),
            ])
        }
        return (lines + [""] + log.lines).joined(separator: "\n")
    }

    private var codesHint: String {
        backupCodesLeft > 2 ? "" : " (`otp-enroll codes` makes new ones)"
    }

    private func lock(now: UInt64) -> String {
        guard let lockedUntil else { return "" }
        if lockedUntil == .max { return "; closed until root unlocks it" }
        let wait = UserText.duration(lockedUntil - min(now, lockedUntil))
        return "; locked until \(Machine.localTime(lockedUntil)), for \(wait)"
    }

    /// `totp`, and what is unusual about it.
    private static func settings(_ authenticator: Authenticator) -> String {
        var parts = [kind(authenticator)]
        if authenticator.algorithm != .sha1 { parts.append(authenticator.algorithm.name) }
        if authenticator.digits != 6 { parts.append("\(authenticator.digits) digits") }
        if authenticator.kind == .totp, authenticator.period != 30 {
            parts.append("\(authenticator.period) s")
        }
        return parts.joined(separator: " ")
    }
}
