import OTPCore
import OTPWire

/// Writes the messages to users, as swiftotp-messenger takes them.
public struct MessageWriter {
    /// How long a mail about a change, or a report, may be delayed, in seconds.
    public static let notice: UInt64 = 3 * 86_400

    /// What the place is called where the user logs in.
    private let place: String
    private let clock: any Clock
    /// The phrases of the user's language, or of the service's own.
    private let catalog: (Language?) -> Catalog

    /// `place` without anything that could pass for something else in a mail. Users who have chosen
    /// no language get `language`; `catalog` has the phrases of a language in this version.
    public init(
        for place: String, in language: Language, clock: any Clock,
        catalog: @escaping (_ language: Language, _ version: String) -> Catalog
    ) {
        (self.place, self.clock) = (place, clock)
        self.catalog = { catalog($0 ?? language, Version.number) }
    }

    /// A code for a login.
    public func message(
        _ message: CodeMessage
    ) throws(MessengerClient.Problem) -> MessageDocument {
        let user = message.user.printableName
        return try write(to: message.contact, in: message.language, until: message.end) {
            switch $0 {
            case .mail: .mail(MailText(code: message.code, for: user, on: place))
            case .sms: .text(TextMessage.code(message.code, for: user, on: place))
            }
        }
    }

    /// A code that shows that a new contact is the user's. It is of no use after `end`.
    public func message(
        confirming code: String, to contact: Contact, of user: User, in language: Language?,
        until end: UInt64
    ) throws(MessengerClient.Problem) -> MessageDocument {
        let user = user.printableName
        return try write(to: contact, in: language, until: end) {
            switch $0 {
            case .mail: .mail(MailText(contactCode: code, of: user, on: place))
            case .sms: .text(TextMessage.contactCode(code, of: user, on: place))
            }
        }
    }

    /// To an address or number that gets no codes any more.
    public func message(
        toOld contact: Contact, of user: User, in language: Language?, at now: UInt64
    ) throws(MessengerClient.Problem) -> MessageDocument {
        let user = user.printableName
        return try write(to: contact, in: language, until: now &+ MessageWriter.notice) {
            switch $0 {
            case .mail: .mail(MailText(contactEnded: contact.text, of: user, on: place))
            case .sms: .text(TextMessage.contactEnded(of: user, on: place))
            }
        }
    }

    /// A temporary code; it is of no use after `end`.
    public func message(
        temporaryCode code: String, of user: User, in language: Language?,
        to address: MailAddress, until end: UInt64
    ) throws(MessengerClient.Problem) -> MessageDocument {
        let text = MailText(
            temporaryCode: code, for: user.printableName, on: place, until: end, at: try now())
        return try mail(text, to: address, in: language, until: end)
    }

    /// What has changed in what logs a user in.
    public func message(
        about changes: [Event], of user: User, in language: Language?, to address: MailAddress
    ) throws(MessengerClient.Problem) -> MessageDocument {
        let now = try now()
        let text = MailText(changes: changes, of: user.printableName, on: place, at: now)
        return try mail(text, to: address, in: language, until: now &+ MessageWriter.notice)
    }

    /// A report to an admin, in English.
    public func message(
        report: String, to address: MailAddress
    ) throws(MessengerClient.Problem) -> MessageDocument {
        var text = Array(report.utf8)
        return try MessageWriter.document(to: address, until: now() &+ MessageWriter.notice) {
            () throws(Mail.Problem) in
            try Mail(to: address, subject: "\(place): report on one-time codes").message(&text)
        }
    }

    private func now() throws(MessengerClient.Problem) -> UInt64 {
        do throws(StoreError) {
            return try clock.now()
        } catch {
            throw MessengerClient.Problem(text: error.detail)
        }
    }

    // MARK: By mail or text message

    /// What a message says.
    private enum Words {
        case mail(MailText)
        case text(Phrase)
    }

    private func write(
        to contact: Contact, in language: Language?, until end: UInt64,
        _ words: (MessageKind) -> Words
    ) throws(MessengerClient.Problem) -> MessageDocument {
        switch words(contact.kind) {
        case .mail(let text):
            guard let address = MailAddress(contact.text) else {
                throw MessengerClient.Problem(text: "the address is none")
            }
            return try mail(text, to: address, in: language, until: end)
        case .text(let phrase):
            return MessageDocument(
                .sms, to: contact.text, text: phrase.text(in: catalog(language)), until: end)
        }
    }

    private func mail(
        _ text: MailText, to address: MailAddress, in language: Language?, until end: UInt64
    ) throws(MessengerClient.Problem) -> MessageDocument {
        try MessageWriter.document(to: address, until: end) { () throws(Mail.Problem) in
            try text.mail(to: address, in: catalog(language))
        }
    }

    private static func document(
        to address: MailAddress, until end: UInt64,
        _ write: () throws(Mail.Problem) -> [UInt8]
    ) throws(MessengerClient.Problem) -> MessageDocument {
        var mail: [UInt8]
        do throws(Mail.Problem) {
            mail = try write()
        } catch {
            throw MessengerClient.Problem(text: error.detail)
        }
        defer { Secret.wipe(&mail) }
        return MessageDocument(
            .mail, to: address.text, text: String(decoding: mail, as: UTF8.self), until: end)
    }
}

extension User {
    /// The name, without what could pass for something else in a mail.
    fileprivate var printableName: String { shownName.withoutSteering }
}

extension LogLine {
    /// A code has left for a user who asked for it.
    public init(codeSentTo contact: Contact, of user: User) {
        self.init("code sent")
        add("user", outside: user.name)
        add("sent", contact.kind.word)
        add("to", outside: Array(contact.masked.utf8))
    }
}
