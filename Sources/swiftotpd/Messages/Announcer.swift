import OTPCore
import OTPService
import OTPStore
import OTPSystem
import OTPWire

/// Tells users by mail what has changed: composes the mails, and hands them to the messenger. For a
/// login that happens on a thread of its own or after it, so that a login never waits for it.
final class Announcer: AccountAnnouncer {
    /// How long the messenger may take to write a mail to its disk. systemd may have to start it
    /// first.
    static let patience = Duration.seconds(5)
    /// The same while the program that asked for a login waits for this process to exit.
    private static let shortPatience = Duration.milliseconds(250)

    let settings: Settings
    private let options: Options
    /// What has not been told yet.
    private var changes: [Store.Change] = []

    init(_ settings: Settings, _ options: Options) {
        (self.settings, self.options) = (settings, options)
    }

    /// Has `store` report changes to this value, if mails are wanted.
    func listen(to store: Store) {
        guard options.notifiesByMail else { return }
        store.telling = { self.changes.append($0) }
    }

    /// Has an event told that could not be recorded, such as that a key has left.
    func note(_ event: Event, of user: User) {
        guard options.notifiesByMail else { return }
        changes.append(Store.Change(events: [event], user: user, language: nil))
    }

    /// As `listen`, for a login, which must not wait: each change is told by a thread of its own, or by
    /// `tellAfterLogin`.
    func listenToLogin(on store: Store) {
        guard options.notifiesByMail else { return }
        guard !settings.isForOneConnection else { return listen(to: store) }
        let (settings, options) = (settings, options)
        store.telling = { change in
            let isStarted = Worker.start {
                Announcer(settings, options).tell(change, within: Announcer.patience)
            }
            if !isStarted { ServiceLog.writeUntold(change.user, "no thread is left") }
        }
    }

    /// Tells what a login of a service of its own has changed, after it.
    func tellAfterLogin() {
        for change in changes { tell(change, within: Announcer.shortPatience) }
        changes = []
    }

    /// Tells what a request has changed; why that was impossible, if it was.
    func tell() -> String? {
        let troubles = changes.compactMap { tell($0, within: Announcer.patience) }
        changes = []
        return troubles.first
    }

    @discardableResult
    private func tell(_ change: Store.Change, within patience: Duration) -> String? {
        do throws(MessengerClient.Problem) {
            let message = try writer.message(
                about: change.events, of: change.user, in: change.language,
                to: try address(of: change.user))
            try handOver(message, within: patience)
            return nil
        } catch {
            ServiceLog.writeUntold(change.user, error.text)
            return error.text
        }
    }

    /// Sends a temporary code; it is of no use after `end`.
    func send(
        temporaryCode code: String, of user: User, in language: Language?,
        to address: MailAddress, until end: UInt64
    ) throws(MessengerClient.Problem) {
        try handOver(
            try writer.message(
                temporaryCode: code, of: user, in: language, to: address, until: end))
    }

    /// Sends a report to an admin.
    func send(report: String, to address: MailAddress) throws(MessengerClient.Problem) {
        try handOver(try writer.message(report: report, to: address))
    }

    func handOver(
        _ message: MessageDocument, within patience: Duration = patience
    ) throws(MessengerClient.Problem) {
        try MessengerClient.send(
            message, to: settings.messenger, until: Deadline(in: patience))
    }

    /// Writes what is sent.
    var writer: MessageWriter {
        MessageWriter(
            for: Announcer.host, in: options.language, clock: SystemClock(),
            catalog: CatalogFile.catalog(of:version:))
    }

    private func address(of user: User) throws(MessengerClient.Problem) -> MailAddress {
        let pattern = options.mail.map { String(decoding: $0, as: UTF8.self) } ?? "%u"
        do throws(MailAddress.Problem) {
            return try MailAddress(pattern: pattern, user: user)
        } catch {
            throw MessengerClient.Problem(
                text: error == .name
                    ? "there is no mail address for this name"
                    : "the option `mail` makes no mail address")
        }
    }

    private static var host: String {
        let name = String(decoding: LogLine.visible(SystemHost.name()), as: UTF8.self)
        return name.isEmpty ? "localhost" : name
    }
}
