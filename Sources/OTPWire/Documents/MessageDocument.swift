/// What swiftotpd hands to swiftotp-messenger (docs/PROTOCOL.md).
public struct MessageDocument: Codable, Equatable, Sendable, Document.Versioned {
    /// How it is sent.
    public enum Kind: String, Codable, CaseIterable, Sendable {
        case mail
        /// A text message.
        case sms
    }

    /// `Document.version`.
    public var version = Document.version
    public var kind: Kind
    /// A mail address, or a telephone number.
    public var to: String
    /// The whole mail with its headers, or the text.
    public var text: String
    /// When it is of no use any more, in Unix seconds: a code's end, for example.
    public var until: UInt64

    public init(_ kind: Kind, to address: String, text: String, until: UInt64) {
        self.kind = kind
        to = address
        self.text = text
        self.until = until
    }
}

/// What the messenger answers.
public struct ReceiptDocument: Codable, Equatable, Sendable, Document.Versioned {
    /// Why a message was not taken.
    public enum Refusal: String, Codable, CaseIterable, Sendable {
        /// The document is invalid, or of another version.
        case malformed
        /// No program is configured for its kind.
        case off
        /// The configuration or the program cannot be used.
        case configuration
        /// The address is none.
        case address
        /// Its time is over.
        case late
        /// Too many wait.
        case full
        /// The queue cannot be written, such as on a full disk.
        case disk
    }

    /// `Document.version`.
    public var version = Document.version
    /// `nil` if it was taken: it is on the disk, and will be sent or be logged as refused.
    public var refusal: Refusal?
    /// More about that, in one clause.
    public var detail: String?

    public init(_ refusal: Refusal? = nil, _ detail: String? = nil) {
        self.refusal = refusal
        self.detail = detail
    }
}
