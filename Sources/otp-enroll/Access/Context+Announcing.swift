import OTPCore
import OTPStore
import OTPWire

// What a command did is told three times: by the service in the user's record and in the system's
// log, and from here by mail, where the policy says so: the service starts no programs.
extension Context {
    /// Tells the user of a change by mail, where the policy says so.
    func tell(_ change: ChangeDocument) {
        if let event = change.event?.event { tell(event) }
    }

    /// Tells the user of something that happened. What was done stands, whether or not the mail
    /// arrives.
    func tell(_ event: Event) {
        guard event.kind.isTold else { return }
        do throws(Failure) {
            guard try policy().notifiesByMail else { return }
            let host = Output.printable(Machine.hostName, utf8: false)
            let mail = try Mail(
                to: address(nil), subject: "\(host): a change to how you log in")
            var text = Array(
                """
                Hello \(userName),

                this has changed on \(host):

                \(Notices.sentence(event, at: event.time))

                If this was not you, tell your administrator.

                """.utf8)
            try Sendmail.send(mail, &text)
        } catch {
            Output.note("warning: the user could not be told by mail: \(error.message)")
        }
    }

    /// Something that has happened by this command just now.
    func event(_ kind: Event.Kind, detail: [UInt8]) throws -> Event {
        Event(
            kind, at: try SystemClock().now(), detail: detail,
            origin: Array("otp-enroll \(Operator.name)".utf8))
    }

    /// Where a mail to the user goes: what the command line says, or else the policy.
    func address(_ named: MailAddress?) throws(Failure) -> MailAddress {
        if let named { return named }
        return try MailAddress(pattern: policy().mail ?? "%u", user: user)
    }
}
