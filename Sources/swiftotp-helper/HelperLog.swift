import CLinux
import OTPCore

/// What the helper tells the system's log: in the words of the module for a login, and in those
/// of `otp-enroll` for the rest. Never a code or a key.
struct HelperLog {
    let user: User

    /// Writes down what happened.
    func write(_ entry: HelperEntry) {
        switch entry {
        case .tried(let outcome, let service?): write(outcome, service)
        case .tried(let outcome, nil): write(outcome)
        case .changed(let event): write(event)
        case .trouble(let error): HelperLog.write(error, user: user.name)
        }
    }

    /// A message that is no request, after which the connection ends.
    func writeBadRequest() {
        var line = LogLine("request refused")
        line.add("reason", "malformed")
        add(to: &line)
        Process.log(line.bytes, LOG_NOTICE)
    }

    /// What stands in the way of an answer.
    static func write(_ error: StoreError, user: [UInt8]) {
        var line = LogLine("cannot check")
        line.add("reason", "store")
        line.add("user", outside: user)
        line.add("error", sentence: error.text)
        Process.log(line.bytes, LOG_CRIT)
    }

    /// What stands in the way of everything; the exit status for it.
    static func fail(_ why: String) -> CInt {
        var line = LogLine("cannot serve")
        line.add("error", sentence: Array(why.utf8))
        Process.log(line.bytes, LOG_ERR)
        return 1
    }

    // MARK: Lines

    /// A login of a program that is not root, and which calls itself `service`.
    private func write(_ outcome: Outcome, _ service: [UInt8]) {
        var line: LogLine
        let priority: CInt
        switch outcome {
        case .granted(let factor):
            line = LogLine("login granted")
            add(factor, to: &line)
            priority = LOG_INFO
        case .refused(let refusal):
            line = LogLine("authentication failure")
            line.add("reason", outcome.reason)
            add(refusal, to: &line)
            priority = LOG_NOTICE
        }
        line.add("service", outside: service)
        add(to: &line)
        Process.log(line.bytes, priority)
    }

    /// A code that is to prove who asks for a change.
    private func write(_ outcome: Outcome) {
        var line: LogLine
        if case .granted = outcome {
            line = LogLine("code accepted")
        } else {
            line = LogLine("authentication failure")
        }
        line.add("reason", outcome.reason)
        add(to: &line)
        Process.log(line.bytes, LOG_NOTICE)
    }

    private func write(_ event: Event) {
        var line = LogLine(HelperLog.title(event.kind))
        if let name = Name(event.detail) { line.add("name", quoted: name) }
        add(to: &line)
        Process.log(line.bytes, LOG_NOTICE)
    }

    /// Who did it to whom: here always the same person.
    private func add(to line: inout LogLine) {
        line.add("by", outside: user.name)
        line.add("user", outside: user.name)
    }

    /// What the session may change.
    private static func title(_ kind: Event.Kind) -> StaticString {
        switch kind {
        case .added: "authenticator added"
        case .removed: "authenticator removed"
        case .codesRenewed: "backup codes renewed"
        case .disabled: "second factor disabled"
        default: "changed"
        }
    }

    private func add(_ factor: Outcome.Factor, to line: inout LogLine) {
        switch factor {
        case .code(let authenticator, let offset):
            line.add("factor", "code")
            line.add("authenticator", quoted: authenticator)
            line.add("step", HelperLog.signed(offset))
        case .backupCode(let index, let left):
            line.add("factor", "backup-code")
            line.add("index", "\(index)")
            line.add("left", "\(left)")
        case .temporaryCode: line.add("factor", "temporary-code")
        }
    }

    private func add(_ refusal: Outcome.Refusal, to line: inout LogLine) {
        switch refusal {
        case .outsideWindow(let offset): line.add("off", HelperLog.signed(offset))
        case .throttled(let seconds): line.add("wait", "\(seconds)s")
        case .clockMovedBack(let seconds): line.add("back", "\(seconds)s")
        default: break
        }
    }

    private static func signed(_ number: Int) -> String {
        number < 0 ? "\(number)" : "+\(number)"
    }
}
