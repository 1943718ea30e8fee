/// How a code reaches a user who asks for one.
public enum MessageKind: UInt8, CaseIterable, Sendable {
    case mail = 1
    /// A text message.
    case sms = 2

    /// The word for it in options, commands and documents.
    public var word: String {
        switch self {
        case .mail: "mail"
        case .sms: "sms"
        }
    }

    /// The kind of this word.
    public init?(word: some StringProtocol) {
        guard let kind = MessageKind.allCases.first(where: { word == $0.word }) else { return nil }
        self = kind
    }
}

/// Where codes may be sent to a user: a mail address or a telephone number.
public struct Contact: Equatable, Sendable {
    public let kind: MessageKind
    /// The address, or the number with its digits only.
    public let text: String
    /// As much of it as is shown at a login.
    public let masked: String
    /// When it was set, in Unix seconds.
    public let since: UInt64

    /// The longest text, in bytes: a record has no room for more.
    public static let maximumLength = 100
    /// The longest number: `+` and 15 digits (ITU-T E.164).
    static let maximumNumberLength = 16

    /// What each kind takes, for error messages.
    public static func expectation(of kind: MessageKind) -> String {
        switch kind {
        case .mail: "use an address such as name@example.com, of at most \(maximumLength) bytes"
        case .sms: PhoneNumber.expectation
        }
    }

    /// `nil` if `text` is not an address of this kind. A mailbox of this machine is none: it can only
    /// be read after the login.
    public init?(_ kind: MessageKind, _ text: String, since: UInt64) {
        guard text.utf8.count <= Contact.maximumLength else { return nil }
        switch kind {
        case .mail:
            guard let address = MailAddress(text), text.contains("@") else { return nil }
            (self.text, masked) = (address.text, address.masked)
        case .sms:
            guard let number = PhoneNumber(Array(text.utf8)) else { return nil }
            (self.text, masked) = (number.text, number.masked)
        }
        (self.kind, self.since) = (kind, since)
    }
}
