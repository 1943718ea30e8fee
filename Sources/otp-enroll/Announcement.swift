import OTPCore
import OTPStore

// What a command did is told three times: in the user's record, in the system's log, and by mail
// where the policy says so.
extension Workplace {
    /// What the event list says about where a change came from, and who made it.
    static var origin: [UInt8] { Array("otp-enroll \(Operator.name)".utf8) }

    /// Something that happened by this command.
    func event(_ kind: Event.Kind, detail: [UInt8] = [], at now: UInt64) -> Event {
        Event(kind, at: now, detail: detail, origin: Workplace.origin)
    }

    /// Tells the log, and the user by mail where the policy says so. To be called when the record
    /// is written.
    func announce(_ event: Event) {
        var line = LogLine(event)
        addPeople(to: &line)
        SystemJournal.write(line)
        mail(event)
    }

    /// Tells the log how a try with a code ended.
    func announce(_ outcome: Outcome) {
        var line = LogLine(trying: outcome)
        addPeople(to: &line)
        SystemJournal.write(line)
    }

    private func addPeople(to line: inout LogLine) {
        line.add("by", outside: Array(Operator.name.utf8))
        line.add("user", outside: user.name)
    }
}

// MARK: Mail

extension Workplace {
    /// Where a mail to the user goes: what the command line says, or else the policy.
    func address(_ named: MailAddress?) throws(Failure) -> MailAddress {
        if let named { return named }
        let pattern = options.mail.map { String(decoding: $0, as: UTF8.self) } ?? "%u"
        return try MailAddress(pattern: pattern, user: user)
    }

    /// Tells the user by mail where the policy says so. What was done stands, whether or not the
    /// mail arrives.
    func mail(_ event: Event) {
        guard options.notifiesByMail && event.kind.isTold else { return }
        do throws(Failure) {
            let host = Output.printable(Machine.hostName, utf8: false)
            let mail = try Mail(
                to: address(nil),
                subject: "\(host): a change to how you log in")
            var text = Array(
                """
                Hello \(userName),

                this has changed on \(host):

                \(Notices.sentence(event, at: event.time))

                If you know nothing of it, tell your administrator.

                """.utf8)
            try Sendmail.send(mail, &text)
        } catch {
            Output.note("warning: the user could not be told by mail: \(error.message)")
        }
    }
}
