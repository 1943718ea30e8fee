/// One message on a connection to swiftotpd: a length of two bytes, a kind, and the payload
/// (docs/PROTOCOL.md).
public struct Frame: Equatable, Sendable {
    /// Its kind.
    public let kind: Kind
    /// Its payload. The receiver wipes it: it may contain a key or a code.
    public var payload: [UInt8]

    public init(_ kind: Kind, _ payload: [UInt8] = []) {
        self.kind = kind
        self.payload = payload
    }

    /// The version of the frames, and of the login in them.
    public static let version: UInt8 = 2
    /// The longest frame, in bytes, with its kind but without its length.
    public static let maximumLength = 32_768

    /// The kinds of both ends. The module has its own list of those that a login needs; a test
    /// compares the two with each other and with docs/PROTOCOL.md.
    public enum Kind: UInt8, CaseIterable, Sendable {
        // MARK: From the client

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

        // MARK: From swiftotpd

        /// The first frame: the version.
        case welcome = 64
        /// The first and last frame: no room for this connection; a sentence says why.
        case busy = 65
        /// Ask this, without echoing the answer.
        case promptHidden = 66
        /// Ask this, and echo the answer.
        case promptShown = 67
        /// Show this, as an error.
        case errorMessage = 68
        /// Show this.
        case infoMessage = 69
        /// Send what PAM_AUTHTOK holds.
        case earlierAnswer = 70
        /// Set PAM_AUTHTOK to this.
        case setAuthtok = 71
        /// Write this to the log: a priority of syslog(3), and the line.
        case log = 72
        /// The login is over: one byte, see `LoginEnd`.
        case end = 73
        /// The answer to a request.
        case reply = 74
    }
}

/// How a login ended, in `Frame.Kind.end`: PAM's codes by numbers of our own, because PAM's are not
/// the same everywhere.
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
