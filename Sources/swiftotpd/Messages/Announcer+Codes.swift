import OTPCore
import OTPWire

// Codes by message, and what concerns where they go.
extension Announcer {
    /// Sends a code for a login; whether it is on its way.
    func send(_ message: CodeMessage) -> Bool {
        let (user, host) = (message.user.printableName, Announcer.host)
        let isSent = post(
            message.contact, of: message.user, in: message.language, until: message.end
        ) {
            switch $0 {
            case .mail: .mail(MailText(code: message.code, for: user, on: host))
            case .sms: .text(TextMessage.code(message.code, for: user, on: host))
            }
        }
        if isSent { ServiceLog.write(codeSentTo: message.contact, of: message.user) }
        return isSent
    }

    /// Sends a code that shows that a new contact is the user's; whether it is on its way.
    func send(
        _ code: String, to contact: Contact, of user: User, in language: Language?,
        until end: UInt64
    ) -> Bool {
        let (name, host) = (user.printableName, Announcer.host)
        return post(contact, of: user, in: language, until: end) {
            switch $0 {
            case .mail: .mail(MailText(contactCode: code, of: name, on: host))
            case .sms: .text(TextMessage.contactCode(code, of: name, on: host))
            }
        }
    }

    /// Tells an address or number that it gets no codes any more.
    func tell(old contact: Contact, of user: User, in language: Language?, at now: UInt64) {
        let (name, host) = (user.printableName, Announcer.host)
        let end = now &+ Announcer.notice
        _ = post(contact, of: user, in: language, until: end) {
            switch $0 {
            case .mail: .mail(MailText(contactEnded: contact.text, of: name, on: host))
            case .sms: .text(TextMessage.contactEnded(of: name, on: host))
            }
        }
    }

    /// What a message says.
    private enum Words {
        case mail(MailText)
        case text(Phrase)
    }

    /// Hands a message over, and logs how that went: never what it says.
    private func post(
        _ contact: Contact, of user: User, in language: Language?, until end: UInt64,
        _ words: (MessageKind) -> Words
    ) -> Bool {
        do throws(MessengerClient.Problem) {
            switch words(contact.kind) {
            case .mail(let text):
                guard let address = MailAddress(contact.text) else {
                    throw MessengerClient.Problem(text: "the address is none")
                }
                try send(text, to: address, in: language, until: end, within: Announcer.patience)
            case .text(let phrase):
                let message = MessageDocument(
                    .sms, to: contact.text, text: phrase.text(in: catalog(of: language)),
                    until: end)
                try MessengerClient.send(
                    message, to: settings.messenger, until: Deadline(in: Announcer.patience))
            }
            return true
        } catch {
            ServiceLog.writeUntold(user, error.text)
            return false
        }
    }
}
