/// The mails to users, in words: subject and paragraphs.
public struct MailText {
    /// The subject line.
    public let subject: Phrase
    private let paragraphs: [Paragraph]

    private enum Paragraph {
        case words(Phrase)
        case code(String)
    }

    /// What has changed in a user's second factor, and what to do if it was not the user.
    public init(changes: [Event], of user: String, on host: String, at now: UInt64) {
        let told = changes.flatMap { Notices.sentences(about: $0, at: now) }
        subject = Phrase("\(host): a change to how you log in")
        paragraphs =
            [
                .words(Phrase("Hello \(user),")),
                .words(Phrase("this has changed on \(host):")),
            ] + told.map { .words($0) } + [
                .words(
                    Phrase(
                        """
                        If this was not you, somebody else may be able to log in as you: tell your \
                        administrator at once. `otp-enroll status` shows what logs you in.
                        """))
            ]
    }

    /// A temporary code that an admin has issued at `now`; `end` is when it expires.
    public init(
        temporaryCode code: String, for user: String, on host: String, until end: UInt64,
        at now: UInt64
    ) {
        let end = UserText.moment(end, now: now)
        subject = Phrase("Your temporary code for \(host)")
        paragraphs = [
            .words(Phrase("Hello \(user),")),
            .words(Phrase("an administrator of \(host) has issued this code for you:")),
            .code(code),
            .words(Phrase("It logs in once, until \(end).")),
            .words(Phrase("Enroll your device then: run `otp-enroll`.")),
            .words(Phrase("If you did not ask for it, tell your administrator.")),
        ]
    }

    /// A code that a user has asked for at a login.
    public init(code: String, for user: String, on host: String) {
        subject = Phrase("Your login code for \(host)")
        paragraphs = [
            .words(Phrase("Hello \(user),")),
            .words(Phrase("you have asked for this code at a login to \(host):")),
            .code(code),
            MailText.onceWithinMinutes,
            .words(
                Phrase(
                    """
                    If you did not ask for it, somebody else knows your password or has your key: tell \
                    your administrator.
                    """)),
        ]
    }

    /// A code that shows that a mail address is the user's.
    public init(contactCode code: String, of user: String, on host: String) {
        subject = Phrase("Confirm this address for \(host)")
        paragraphs = [
            .words(Phrase("Hello \(user),")),
            .words(Phrase("this code confirms that login codes for \(host) may be sent here:")),
            .code(code),
            MailText.withinMinutes,
            .words(Phrase("If you did not ask for it, tell your administrator.")),
        ]
    }

    /// To an address that gets no codes any more.
    public init(contactEnded address: String, of user: String, on host: String) {
        subject = Phrase("\(host): your login codes go elsewhere")
        paragraphs = [
            .words(Phrase("Hello \(user),")),
            .words(Phrase("login codes for \(host) are no longer sent to \(address).")),
            .words(Phrase("If this was not you, tell your administrator at once.")),
        ]
    }

    private static var onceWithinMinutes: Paragraph {
        .words(Phrase("It logs in once, within \(UserText.span(MessageCode.validity))."))
    }

    private static var withinMinutes: Paragraph {
        .words(Phrase("It is good for \(UserText.span(MessageCode.validity))."))
    }

    /// The whole mail to `address`. The caller wipes it.
    public func mail(
        to address: MailAddress, in catalog: Catalog
    ) throws(Mail.Problem) -> [UInt8] {
        let mail = try Mail(to: address, subject: subject.text(in: catalog))
        let parts = paragraphs.map { paragraph in
            switch paragraph {
            case .words(let phrase): phrase.text(in: catalog)
            case .code(let code): "    " + code
            }
        }
        var text = Array((parts.joined(separator: "\n\n") + "\n").utf8)
        return try mail.message(&text)
    }
}
