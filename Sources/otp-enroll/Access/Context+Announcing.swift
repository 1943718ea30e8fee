import OTPCore
import OTPStore
import OTPWire

// What a command did is recorded and told in three ways: the service writes it to the user's record
// and to the system log, and this program sends mail if the policy says so, because the service
// starts no programs.
extension Context {
    /// Tells the user about a change by mail, if the policy says so.
    func tell(_ change: ChangeDocument) {
        if let event = change.event?.event { tell(event) }
    }

    /// Tells the user about an event. What was done stands, even if the mail does not arrive.
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

    /// Makes the service use the caller's language at logins, unless one was chosen.
    func noteLanguage() {
        guard !Machine.isRoot, !Speech.language.isEnglish else { return }
        // The enrollment is valid, whatever the language.
        _ = try? ask(.speak(language: Speech.language.name, unlessSet: true))
    }

    /// The reader's language: our own is known here, another user's is asked of the service.
    func usersCatalog() throws(Failure) -> Catalog {
        guard Machine.isRoot else { return Speech.catalog }
        return try Speech.catalog(of: account().language)
    }

    /// An event caused by this command just now.
    func event(_ kind: Event.Kind, detail: [UInt8]) throws -> Event {
        Event(
            kind, at: try SystemClock().now(), detail: detail,
            origin: Array("otp-enroll \(Operator.name)".utf8))
    }

    /// Where mail to the user goes: to the command line's address, or else the policy's.
    func address(_ named: MailAddress?) throws(Failure) -> MailAddress {
        if let named { return named }
        return try MailAddress(pattern: policy().mail ?? "%u", user: user)
    }
}
