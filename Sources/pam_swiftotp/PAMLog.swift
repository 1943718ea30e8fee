import CLinux
import CPAM
import OTPCore
import OTPStore

/// The one line that a login leaves in the system's log (AUTHPRIV), for fail2ban and people.
struct PAMLog {
    let pam: PAMHandle
    let user: [UInt8]
    let place: Place

    /// Writes the line for `result`.
    func write(_ result: LoginResult) {
        var line: LogLine
        let priority: CInt
        switch result {
        case .granted(let factor):
            line = begin("login granted")
            line.add(factor)
            priority = LOG_INFO
        case .enrolled(let factor, let name):
            line = begin("login granted")
            if let factor { line.add(factor) } else { line.add("factor", "enrollment") }
            line.add("enrolled", quoted: name)
            priority = LOG_INFO
        case .trusting(let factor, let name):
            line = begin("login granted")
            line.add(factor)
            line.add("trusts", quoted: name)
            priority = LOG_INFO
        case .trusted(let name, let fingerprint):
            line = begin("login granted")
            line.add("factor", "trusted-key")
            line.add("key", quoted: name)
            line.add("fingerprint", SSHKey.text(of: fingerprint))
            priority = LOG_INFO
        case .refused(let refusal):
            line = begin("authentication failure")
            line.add("reason", Outcome.refused(refusal).reason)
            line.add(refusal)
            priority = LOG_NOTICE
        case .ignored(let reason):
            line = begin("not asked")
            switch reason {
            case .exempt: line.add("reason", "exempt-group")
            case .notEnrolled: line.add("reason", "not-enrolled")
            case .putOff(let left):
                line.add("reason", "enrolling-put-off")
                if let left { line.add("left", "\(left)") }
            }
            priority = LOG_INFO
        case .unavailable(let error):
            line = begin("cannot check")
            line.add("reason", "store")
            priority = LOG_CRIT
            addPlace(to: &line)
            line.add("error", sentence: error.text)
            send(&line, priority)
            return
        case .conversationFailed:
            line = begin("authentication failure")
            line.add("reason", "no-answer")
            priority = LOG_NOTICE
        }
        addPlace(to: &line)
        send(&line, priority)
    }

    /// Writes down which options are in force, for `debug`.
    func write(_ options: Options) {
        var line = begin("debug")
        line.add("store", outside: options.store ?? Store.defaultPath)
        line.add("nullok", options.nullok ? "yes" : "no")
        line.add("echo", options.echoes ? "yes" : "no")
        line.add("retry", "\(options.retry)")
        line.add("window", "\(options.window)")
        line.add("exempt_group", outside: options.exemptGroup ?? [])
        line.add("silent", pam.silent ? "yes" : "no")
        line.add("key", place.hasKey ? "yes" : "no")
        line.add("enroll", options.enroll == .off ? "off" : "on")
        line.add("trust", options.trustsKeys ? "key" : "off")
        addPlace(to: &line)
        send(&line, LOG_DEBUG)
    }

    /// Where from: in the order of pam_unix(8), so that `rhost` and `user` are found.
    private func addPlace(to line: inout LogLine) {
        line.add("service", outside: place.service)
        line.add("tty", outside: pam.item(.terminal) ?? [])
        line.add("rhost", outside: place.address)
        line.add("user", outside: user)
    }

    /// A line that begins as one of pam_syslog(3) does; that would format all of it twice more.
    private func begin(_ what: StaticString) -> LogLine {
        LogLine(what, by: "pam_swiftotp", of: place.service)
    }

    private func send(_ line: inout LogLine, _ priority: CInt) {
        line.end()
        // SAFETY: the line is a C string without a NUL inside, for the wrapper's fixed format.
        unsafe line.bytes.withUnsafeBytes { bytes in
            if let text = unsafe bytes.assumingMemoryBound(to: CChar.self).baseAddress {
                unsafe swiftotp_syslog(LOG_AUTHPRIV | priority, text)
            }
        }
    }
}
