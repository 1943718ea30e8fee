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
        subject = Phrase("\(host): a change to how you log in")
        paragraphs =
            [
                .words(Phrase("Hello \(user),")),
                .words(Phrase("this has changed on \(host):")),
            ] + changes.map { .words(Notices.sentence($0, at: now)) } + [
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
