import FleetStore
import FoundationEssentials
import OTPCore
import OTPService
import OTPStore
import OTPWire

/// What one unit of work has sent to users: it leaves once what it says is stored.
final class PendingMessages: AccountAnnouncer {
    /// A message, and whose it is.
    struct Message: Sendable {
        let document: MessageDocument
        let user: User
        /// Where it goes, if it is a code for a login.
        var contact: Contact?
    }

    private(set) var messages: [Message] = []
    private let host: String
    private let fleet: String
    private let language: Language

    /// `host` is where users log in, as far as one login is concerned.
    init(host: String, fleet: String, language: Language) {
        (self.host, self.fleet, self.language) = (host, fleet, language)
    }

    /// Begins again, for a unit of work that is run again.
    func clear() { messages = [] }

    /// Writes in the user's language, or else in the configuration's.
    private func writer(for place: String) -> MessageWriter {
        MessageWriter(
            for: place, in: language, clock: SystemClock(),
            catalog: CatalogFile.catalog(of:version:))
    }

    /// Keeps a message; whether it is written, and there is somebody to hand it to.
    private func add(
        of user: User, to contact: Contact? = nil,
        _ write: () throws(MessengerClient.Problem) -> MessageDocument
    ) throws(MessengerClient.Problem) {
        let path = String(decoding: MessengerClient.defaultPath, as: UTF8.self)
        guard FileManager.default.isWritableFile(atPath: path) else {
            throw MessengerClient.Problem(text: "no swiftotp-messenger listens for this server")
        }
        messages.append(Message(document: try write(), user: user, contact: contact))
    }

    private func isAdded(
        of user: User, to contact: Contact? = nil,
        _ write: () throws(MessengerClient.Problem) -> MessageDocument
    ) -> Bool {
        do throws(MessengerClient.Problem) {
            try add(of: user, to: contact, write)
            return true
        } catch {
            Outbox.log(.warning, LogLine(untold: user, because: error.text))
            return false
        }
    }

    // MARK: What is sent

    /// A code for a login.
    func send(_ message: CodeMessage) -> Bool {
        isAdded(of: message.user, to: message.contact) { () throws(MessengerClient.Problem) in
            try writer(for: host).message(message)
        }
    }

    func send(
        _ code: String, to contact: Contact, of user: User, in language: Language?,
        until end: UInt64
    ) -> Bool {
        isAdded(of: user) { () throws(MessengerClient.Problem) in
            try writer(for: fleet).message(
                confirming: code, to: contact, of: user, in: language, until: end)
        }
    }

    func send(
        temporaryCode code: String, of user: User, in language: Language?,
        to address: MailAddress, until end: UInt64
    ) throws(MessengerClient.Problem) {
        try add(of: user) { () throws(MessengerClient.Problem) in
            try writer(for: fleet).message(
                temporaryCode: code, of: user, in: language, to: address, until: end)
        }
    }

    func send(report: String, to address: MailAddress) throws(MessengerClient.Problem) {
        let root = User(name: Array("root".utf8), uid: 0, gid: 0)
        try add(of: root) { () throws(MessengerClient.Problem) in
            try writer(for: fleet).message(report: report, to: address)
        }
    }

    func tell(old contact: Contact, of user: User, in language: Language?, at now: UInt64) {
        _ = isAdded(of: user) { () throws(MessengerClient.Problem) in
            try writer(for: fleet).message(toOld: contact, of: user, in: language, at: now)
        }
    }

    /// Tells a user what has changed: at the address that the record had before, or that `policy`
    /// makes of the name, or that the record has now.
    func tell(_ change: RecordChange, by policy: Options) {
        _ = isAdded(of: change.user) { () throws(MessengerClient.Problem) in
            let usual = policy.mail.flatMap {
                try? MailAddress(
                    pattern: String(decoding: $0, as: UTF8.self), user: change.user)
            }
            let (before, now) = change.addresses
            guard
                let address = before.flatMap({ MailAddress($0) }) ?? usual
                    ?? now.flatMap({ MailAddress($0) })
            else {
                throw MessengerClient.Problem(text: "there is no mail address for this user")
            }
            return try writer(for: fleet).message(
                about: change.events, of: change.user, in: change.language, to: address)
        }
    }

    /// Nothing in a fleet happens to a record that is not stored in it.
    func note(_ event: Event, of user: User) {}
}
