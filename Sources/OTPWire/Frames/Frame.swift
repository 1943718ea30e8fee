/// One message on a connection to swiftotpd: a length of two bytes, a kind, and so many bytes less
/// one (docs/PROTOCOL.md).
public struct Frame: Equatable, Sendable {
    /// What it is.
    public let kind: Kind
    /// What it carries. To be wiped: it may hold a key or a code.
    public var payload: [UInt8]

    public init(_ kind: Kind, _ payload: [UInt8] = []) {
        self.kind = kind
        self.payload = payload
    }

    /// The version of the frames, and of what a login says in them.
    public static let version: UInt8 = 2
    /// The longest frame, in bytes, its kind among them and its length not.
    public static let maximumLength = 32_768

    /// Both ends' words. The module has its own list of those that a login needs; a test holds the
    /// two, and docs/PROTOCOL.md, together.
    public enum Kind: UInt8, CaseIterable, Sendable {
        // MARK: Of whoever connects

        /// A login, and what PAM knows about it: see `LoginRequest`.
        case login = 1
        /// What was typed, or what PAM_AUTHTOK holds.
        case answer = 2
        /// There is none: a response without a text, or no PAM_AUTHTOK.
        case noAnswer = 3
        /// The conversation failed.
        case conversationFailed = 4
        /// What otp-enroll asks for.
        case request = 5

        // MARK: Of swiftotpd

        /// The first frame: the version.
        case welcome = 64
        /// The first and last frame: no room for this connection; a sentence says why.
        case busy = 65
        /// Ask this, and hide what is typed.
        case promptHidden = 66
        /// Ask this, and show what is typed.
        case promptShown = 67
        /// Show this, which is about an error.
        case errorMessage = 68
        /// Show this.
        case infoMessage = 69
        /// Send what PAM_AUTHTOK holds.
        case earlierAnswer = 70
        /// Put this into PAM_AUTHTOK.
        case setAuthtok = 71
        /// Write this to the log: a priority of syslog(3), and the line.
        case log = 72
        /// The login is over: one byte, see `LoginEnd`.
        case end = 73
        /// What a request came to.
        case reply = 74
    }
}

/// How a login ended, as `Frame.Kind.end` says it: PAM's codes by names of our own, because their
/// numbers are not the same everywhere.
public enum LoginEnd: UInt8, CaseIterable, Sendable {
    /// PAM_SUCCESS
    case success = 0
    /// PAM_AUTH_ERR
    case refused = 1
    /// PAM_IGNORE
    case ignored = 2
    /// PAM_AUTHINFO_UNAVAIL
    case unavailable = 3
    /// PAM_CONV_ERR
    case conversationFailed = 4
}
