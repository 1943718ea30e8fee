import OTPCore

/// What swiftotpd asks swiftotp-agent itself, rather than the fleet's servers: a byte that is zero,
/// then this document (docs/PROTOCOL.md).
public struct OfflineCall: Codable, Equatable, Sendable, Document.Versioned {
    /// `Document.version`.
    public var version = Document.version
    /// The user's name; empty for a name that is nobody's at the host.
    public var user: String
    public var step: Step

    public init(_ step: Step, user: String) { (self.step, self.user) = (step, user) }

    /// Everything that can be asked.
    public enum Step: Codable, Equatable, Sendable {
        /// Whether a server is reached, and which answer is next.
        case look
        /// Try the answer with this number.
        case answer(number: UInt64, text: String, origin: String)
        /// Let a user in by an SSH key (a fingerprint in Base64) that passed a code in the last
        /// `hours`, `most` times at most.
        case recent(key: String, hours: UInt8, most: UInt8, origin: String)
        /// An SSH key has passed a code.
        case note(key: String)
        /// Begin again after wrong answers, or with a ledger that went back: an admin says so.
        case reopen
    }

    /// What tells it from a call for the servers, which is JSON.
    private static let start: UInt8 = 0

    /// The bytes for the agent. The caller wipes them.
    public func encoded() throws(Document.Problem) -> [UInt8] {
        [OfflineCall.start] + (try Document.encode(self))
    }

    /// Whether bytes are for the agent itself.
    public static func isOne(_ bytes: [UInt8]) -> Bool { bytes.first == start }

    /// Reads what `encoded` wrote; nothing in it may be unknown.
    public init(decoding bytes: [UInt8]) throws(Document.Problem) {
        guard OfflineCall.isOne(bytes) else { throw .malformed }
        self = try Document.offlineCall(Array(bytes.dropFirst()))
    }

    /// A fingerprint as it is in a call.
    public static func text(ofFingerprint bytes: [UInt8]) -> String { bytes.base64 }
}

/// What the agent answers.
public struct OfflineReply: Codable, Equatable, Sendable, Document.Versioned {
    /// `Document.version`.
    public var version = Document.version
    public var result: Result

    public init(_ result: Result) { self.result = result }

    public enum Result: Codable, Equatable, Sendable {
        /// A server is reached, so nothing is decided here.
        case online
        /// None is; the next answer, and the host's name.
        case offline(number: UInt64, host: String)
        /// Let in, and that is on the disk; how often a key still works.
        case granted(left: UInt8?)
        case wrong
        /// Burnt already.
        case used
        /// Too many were wrong.
        case closed
        /// The key has not passed a code lately, or has been used too often.
        case notRecent
        case done
        /// Nothing can be decided; one sentence says why.
        case failed(why: String)
    }
}
