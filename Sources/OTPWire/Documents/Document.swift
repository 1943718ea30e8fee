import FoundationEssentials
import OTPCore

/// How the documents of requests and replies are written and read: JSON (RFC 8259), in UTF-8, one
/// document per frame. docs/PROTOCOL.md describes them.
public enum Document {
    /// The version of all documents.
    public static let version = 1
    /// The longest document, in bytes: as much as a frame holds.
    public static let maximumLength = Frame.maximumLength - 1
    /// How deep lists and objects may be nested; ours need seven.
    static let maximumDepth = 16

    /// Why bytes are not a document.
    public enum Problem: Error, Equatable, Sendable {
        /// They are not JSON, are too long or nested too deep, or have members that are missing, of
        /// the wrong type or unknown.
        case malformed
        /// They are of another version.
        case otherVersion
    }

    /// The document as it is sent. The caller wipes it: it may contain a key or a code.
    public static func encode(_ document: some Encodable) throws(Problem) -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        do {
            let bytes = Array(try encoder.encode(document))
            guard bytes.count <= maximumLength else { throw Problem.malformed }
            return bytes
        } catch {
            throw .malformed
        }
    }

    /// Reads a request. Nothing in it may be unknown: a caller who asks for more than is understood
    /// must be told, and not get half of it.
    public static func request(_ bytes: [UInt8]) throws(Problem) -> Request {
        try wholly(Request.self, from: bytes)
    }

    /// Reads a message; nothing in it may be unknown either.
    public static func message(_ bytes: [UInt8]) throws(Problem) -> MessageDocument {
        try wholly(MessageDocument.self, from: bytes)
    }

    private static func wholly<Value: Codable & Versioned>(
        _ type: Value.Type, from bytes: [UInt8]
    ) throws(Problem) -> Value {
        let value = try decode(type, from: bytes)
        var understood = try encode(value)
        defer { Secret.wipe(&understood) }
        // What was not understood is missing from it.
        guard Shape(bytes).members == Shape(understood).members else { throw .malformed }
        return value
    }

    /// Reads a reply. Unknown members are ignored.
    public static func reply(_ bytes: [UInt8]) throws(Problem) -> Reply {
        try decode(Reply.self, from: bytes)
    }

    /// Reads a host's call. Nothing in it may be unknown either.
    public static func fleetCall(_ bytes: [UInt8]) throws(Problem) -> FleetCall {
        try wholly(FleetCall.self, from: bytes)
    }

    /// Reads the answer of a fleet's server. Unknown members are ignored.
    public static func fleetReply(_ bytes: [UInt8]) throws(Problem) -> FleetReply {
        try decode(FleetReply.self, from: bytes)
    }

    /// Reads what swiftotp-agent is asked itself. Nothing in it may be unknown.
    static func offlineCall(_ bytes: [UInt8]) throws(Problem) -> OfflineCall {
        try wholly(OfflineCall.self, from: bytes)
    }

    /// Reads its answer. Unknown members are ignored.
    public static func offlineReply(_ bytes: [UInt8]) throws(Problem) -> OfflineReply {
        try decode(OfflineReply.self, from: bytes)
    }

    /// Reads the state of swiftotp-agent. Unknown members are ignored.
    static func agentState(_ bytes: [UInt8]) throws(Problem) -> AgentState {
        guard bytes.count <= maximumLength, Shape(bytes).isShallow else { throw .malformed }
        return try read(AgentState.self, from: bytes)
    }

    /// Reads the messenger's answer. Unknown members are ignored.
    public static func receipt(_ bytes: [UInt8]) throws(Problem) -> ReceiptDocument {
        try decode(ReceiptDocument.self, from: bytes)
    }

    private static func decode<Value: Decodable & Versioned>(
        _ type: Value.Type, from bytes: [UInt8]
    ) throws(Problem) -> Value {
        guard bytes.count <= maximumLength, Shape(bytes).isShallow else { throw .malformed }
        let value: Value
        do throws(Problem) {
            value = try read(type, from: bytes)
        } catch {
            // If it cannot be read, the reason may be another version.
            let found = try read(Version.self, from: bytes).version
            throw found == version ? error : .otherVersion
        }
        guard value.version == version else { throw .otherVersion }
        return value
    }

    private static func read<Value: Decodable>(
        _ type: Value.Type, from bytes: [UInt8]
    ) throws(Problem) -> Value {
        do {
            return try JSONDecoder().decode(type, from: Data(bytes))
        } catch {
            throw .malformed
        }
    }

    /// What can be seen of a document without decoding it.
    private struct Shape {
        /// Whether lists and objects are nested no deeper than allowed.
        private(set) var isShallow = true
        /// The number of members of all objects together.
        private(set) var members = 0

        init(_ bytes: [UInt8]) {
            var (depth, isText, isEscaped) = (0, false, false)
            for byte in bytes {
                if isText {
                    if isEscaped {
                        isEscaped = false
                    } else if byte == UInt8(ascii: "\\") {
                        isEscaped = true
                    } else if byte == UInt8(ascii: "\"") {
                        isText = false
                    }
                    continue
                }
                switch byte {
                case UInt8(ascii: "\""): isText = true
                case UInt8(ascii: ":"): members += 1
                case UInt8(ascii: "["), UInt8(ascii: "{"):
                    depth += 1
                    if depth > maximumDepth { isShallow = false }
                case UInt8(ascii: "]"), UInt8(ascii: "}"): depth -= 1
                default: break
                }
            }
        }
    }

    /// What every document of every version has.
    private struct Version: Decodable {
        let version: Int
    }

    /// A document that names its version.
    protocol Versioned {
        var version: Int { get }
    }
}
