/// The priority of a line in the system log; the numbers are those of syslog(3).
public enum LogPriority: UInt8, Sendable {
    /// Nobody gets in until something is fixed.
    case critical = 2
    /// Something is not as the admin wanted it, but keeps nobody out.
    case warning = 4
    /// A user was refused.
    case notice = 5
    /// A user was let in, or not asked.
    case info = 6
    case debug = 7
}

/// The one line that a login leaves in the system log (AUTHPRIV), for fail2ban and admins.
public struct LoginLog: Sendable {
    let place: LoginOrigin
    /// PAM_TTY; empty for none.
    let terminal: [UInt8]
    /// The user who logs in, as PAM spells the name.
    let user: [UInt8]

    public init(place: LoginOrigin, terminal: [UInt8], user: [UInt8]) {
        (self.place, self.terminal, self.user) = (place, terminal, user)
    }

    /// The line for `result`.
    public func line(for result: LoginResult) -> (LogPriority, LogLine) {
        var line: LogLine
        var priority = LogPriority.info
        var error: StoreError?
        switch result {
        case .granted(let factor):
            line = LogLine("login granted")
            line.add(factor)
        case .enrolled(let factor, let name):
            line = LogLine("login granted")
            if let factor { line.add(factor) } else { line.add("factor", "enrollment") }
            line.add("enrolled", quoted: name)
        case .trusting(let factor, let name):
            line = LogLine("login granted")
            line.add(factor)
            line.add("trusts", quoted: name)
        case .trusted(let name, let fingerprint):
            line = LogLine("login granted")
            line.add("factor", "trusted-key")
            line.add("key", quoted: name)
            line.add("fingerprint", SSHKey.text(of: fingerprint))
        case .securityKey(let key, let trouble):
            line = LogLine("login granted")
            line.add("factor", "security-key")
            line.add("kind", String(decoding: key.kind, as: UTF8.self))
            line.add("fingerprint", SSHKey.text(of: key.fingerprint))
            error = trouble
        case .offline(.answer(let number)):
            line = LogLine("login granted")
            line.add("factor", "offline-answer")
            line.add("number", "\(number)")
        case .offline(.recentKey(let fingerprint, let left)):
            line = LogLine("login granted")
            line.add("factor", "offline-recent-key")
            line.add("fingerprint", SSHKey.text(of: fingerprint))
            line.add("left", "\(left)")
        case .refused(let refusal):
            line = LogLine("authentication failure")
            line.add("reason", Outcome.refused(refusal).reason)
            line.add(refusal)
            priority = .notice
        case .ignored(let reason):
            line = LogLine("not asked")
            line.add(reason)
        case .unavailable(let trouble):
            line = LogLine("cannot check")
            line.add("reason", "store")
            error = trouble
            priority = .critical
        case .conversationFailed:
            line = LogLine("authentication failure")
            line.add("reason", "no-answer")
            priority = .notice
        }
        addPlace(to: &line)
        if let error { line.add("error", sentence: error.text) }
        return (priority, line)
    }

    /// The line that says which other UID's record has the name of a user who was refused as not
    /// enrolled.
    public func line(aboutOtherNumber error: StoreError) -> (LogPriority, LogLine) {
        var line = LogLine("record of another number")
        line.add("user", outside: user)
        line.add("error", sentence: error.text)
        return (.critical, line)
    }

    /// The line that lists the options in force, for `debug`.
    public func line(about options: Options, isSilent: Bool) -> LogLine {
        var line = LogLine("debug")
        line.add("store", outside: options.store ?? Array("/var/lib/swiftotp".utf8))
        line.add("nullok", options.nullok ? "yes" : "no")
        line.add("echo", options.echoes(atSSHD: place.isSSHD) ? "yes" : "no")
        line.add("retry", "\(options.retry)")
        line.add("window", "\(options.window)")
        line.add("exempt_group", outside: options.exemptGroup ?? [])
        let networks = options.exemptNetworks ?? []
        line.add("exempt_networks", outside: Array(networks.map(\.text).joined(separator: [0x2c])))
        line.add("silent", isSilent ? "yes" : "no")
        line.add("key", place.hasKey ? "yes" : "no")
        line.add("enroll", options.enroll == .off ? "off" : "on")
        line.add("trust", options.trust.rawValue)
        addPlace(to: &line)
        return line
    }

    /// The origin, in the order of pam_unix(8), so that tools find `rhost` and `user`.
    private func addPlace(to line: inout LogLine) {
        line.add("service", outside: place.service)
        line.add("tty", outside: terminal)
        line.add("rhost", outside: place.address)
        line.add("user", outside: user)
        if let verifier = place.verifier { line.add("by", outside: verifier) }
    }
}

extension LogLine {
    /// Adds why a user was not asked.
    fileprivate mutating func add(_ reason: LoginResult.Reason) {
        switch reason {
        case .exempt: add("reason", "exempt-group")
        case .exemptNetwork: add("reason", "exempt-network")
        case .notEnrolled: add("reason", "not-enrolled")
        case .putOff(let left):
            add("reason", "enrolling-put-off")
            if let left { add("left", "\(left)") }
        }
    }
}
