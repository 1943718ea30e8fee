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
            let catalog = try usersCatalog()
            let subject = Phrase("\(host): a change to how you log in")
            let mail = try Mail(to: address(nil), subject: subject.text(in: catalog))
            let parts = [
                Phrase("Hello \(userName),"), Phrase("this has changed on \(host):"),
                Notices.sentence(event, at: event.time),
                Phrase("If this was not you, tell your administrator."),
            ]
            var text = Array(
                (parts.map { $0.text(in: catalog) }.joined(separator: "\n\n") + "\n").utf8)
            try Sendmail.send(mail, &text)
        } catch {
            Output.note(
                Phrase("warning: the user could not be told by mail: \(error.message)").text)
        }
    }

    /// Has the service speak the caller's language at logins, where nobody has said which.
    func noteLanguage() {
        guard !Machine.isRoot, !Speech.language.isEnglish else { return }
        // What was enrolled stands, whatever is spoken then.
        _ = try? ask(.speak(language: Speech.language.name, unlessSet: true))
    }

    /// What the user reads in: of ourselves we know it, of somebody else the service does.
    func usersCatalog() throws(Failure) -> Catalog {
        guard Machine.isRoot else { return Speech.catalog }
        return try Speech.catalog(of: account().language)
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
