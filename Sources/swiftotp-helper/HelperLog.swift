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
            line.add(factor)
            priority = LOG_INFO
        case .refused(let refusal):
            line = LogLine("authentication failure")
            line.add("reason", outcome.reason)
            line.add(refusal)
            priority = LOG_NOTICE
        }
        line.add("service", outside: service)
        add(to: &line)
        Process.log(line.bytes, priority)
    }

    /// A code that is to prove who asks for a change.
    private func write(_ outcome: Outcome) {
        var line = LogLine(trying: outcome)
        add(to: &line)
        Process.log(line.bytes, LOG_NOTICE)
    }

    private func write(_ event: Event) {
        var line = LogLine(event)
        add(to: &line)
        Process.log(line.bytes, LOG_NOTICE)
    }

    /// Who did it to whom: here always the same person.
    private func add(to line: inout LogLine) {
        line.add("by", outside: user.name)
        line.add("user", outside: user.name)
    }
}
