/// Something that happened to a user's second factor.
public struct Event: Equatable, Sendable {
    /// What happened.
    public enum Kind: UInt8, CaseIterable, Sendable {
        case login = 1
        case failure = 2
        case added = 3
        case removed = 4
        case codesRenewed = 5
        case verified = 6
        case unlocked = 7
        case reset = 8
        case disabled = 9
        case temporaryCodeIssued = 10
        case temporaryCodeUsed = 11
        case temporaryCodeRevoked = 12
        case resynchronized = 13
        case imported = 14
        case exported = 15
        case keyTrusted = 16
        case trustRevoked = 17
        case moved = 18
        case codeSent = 19
        case contactChanged = 20
        case messageCodeUsed = 21
        case restored = 22

        /// One word for it, as in `--json`.
        public var name: String {
            switch self {
            case .login: "login"
            case .failure: "failure"
            case .added: "added"
            case .removed: "removed"
            case .codesRenewed: "codes-renewed"
            case .verified: "verified"
            case .unlocked: "unlocked"
            case .reset: "reset"
            case .disabled: "disabled"
            case .temporaryCodeIssued: "temporary-code-issued"
            case .temporaryCodeUsed: "temporary-code-used"
            case .temporaryCodeRevoked: "temporary-code-revoked"
            case .resynchronized: "resynchronized"
            case .imported: "imported"
            case .exported: "exported"
            case .keyTrusted: "key-trusted"
            case .trustRevoked: "trust-revoked"
            case .moved: "moved"
            case .codeSent: "code-sent"
            case .contactChanged: "contact-changed"
            case .messageCodeUsed: "message-code-used"
            case .restored: "restored"
            }
        }

        /// Whether the user is told at the next login: true for every change to what logs in.
        public var isTold: Bool {
            switch self {
            case .login, .failure, .verified, .codeSent: false
            default: true
            }
        }
    }

    /// What happened.
    public let kind: Kind
    /// When, in Unix seconds.
    public let time: UInt64
    /// Which factor, or why: an authenticator's name, `backup code 3`, `wrong`. Printable ASCII, at
    /// most 40 bytes.
    public let detail: [UInt8]
    /// Where it came from: service and address, such as `sshd 192.0.2.7`, or the command and its
    /// caller, such as `otp-enroll root`. Printable ASCII, at most 46 bytes.
    public let origin: [UInt8]

    static let detailLength = 40
    public static let originLength = 46

    /// An event. Texts are truncated, and bytes other than printable ASCII become `?`.
    public init(_ kind: Kind, at time: UInt64, detail: [UInt8], origin: [UInt8]) {
        self.kind = kind
        self.time = time
        self.detail = Event.printable(detail, Event.detailLength)
        self.origin = Event.printable(origin, Event.originLength)
    }

    private static func printable(_ text: [UInt8], _ length: Int) -> [UInt8] {
        let isPrintable = text.allSatisfy { (0x20...0x7e).contains($0) }
        if isPrintable && text.count <= length { return text }
        var text = Array(text.prefix(length))
        for index in text.indices where !(0x20...0x7e).contains(text[index]) {
            text[index] = UInt8(ascii: "?")
        }
        return text
    }
}
