/// What swiftotpd answers (docs/PROTOCOL.md).
public enum HelperReply: ~Copyable {
    /// Yes or no.
    case flag(Bool)
    /// The record without anything secret; an empty one for a user who has none.
    case record(Record)
    /// How a try ended, and the sentences for somebody who is let in.
    case outcome(Outcome, sentences: [String])
    /// A new authenticator waits for its code: its key, which leaves the helper this once.
    case device(name: Name, replaces: Bool, key: Secret)
    /// The code was not that of the new authenticator.
    case verdict(Confirmation.Verdict)
    /// The new authenticator is kept. `skew` is how many seconds its clock is ahead.
    case kept(name: Name, replaced: Bool, skew: Int, codes: [String])
    /// New backup codes.
    case codes([String])
    /// It was done.
    case done
    /// It was not done.
    case denied(Denial, text: String)

    /// The longest reply, in bytes, without its length.
    public static let maximumLength = 4096

    /// Why something was not done.
    public enum Denial: UInt8, Sendable {
        /// A code has to be given first, on this connection.
        case proofNeeded = 1
        /// The policy leaves it to root.
        case policy = 2
        /// The user is not enrolled.
        case notEnrolled = 3
        /// There is no authenticator of this name.
        case noSuchAuthenticator = 4
        /// It is the last one.
        case lastAuthenticator = 5
        /// There are five already.
        case full = 6
        /// No new authenticator waits for a code.
        case nothingBegun = 7
        /// The helper cannot tell; `text` says why, as the system's log does.
        case unavailable = 8
        /// The request was none.
        case badRequest = 9
        /// Another authenticator of this name came up since `begin`.
        case nameTaken = 10
        /// The user does not trust this SSH key, or none at all.
        case notTrusted = 11
    }

    private enum Kind: UInt8 {
        case flag = 128
        case record = 129
        case outcome = 130
        case device = 131
        case verdict = 132
        case kept = 133
        case codes = 134
        case done = 135
        case denied = 136
    }

    // MARK: Writing

    private static func message(_ kind: Kind) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(maximumLength)
        bytes.append(HelperRequest.version)
        bytes.append(kind.rawValue)
        return bytes
    }

    /// Yes or no.
    static func flagMessage(_ value: Bool) -> [UInt8] { message(.flag) + [value ? 1 : 0] }

    /// It was done.
    static var doneMessage: [UInt8] { message(.done) }

    /// A record. Only one without anything secret may leave the helper.
    static func recordMessage(_ record: borrowing Record) -> [UInt8] {
        var bytes = message(.record)
        bytes.append(addingCapacity: Record.maximumEncodedLength) { record.encode(into: &$0) }
        return bytes
    }

    static func outcomeMessage(_ outcome: Outcome, sentences: [String]) -> [UInt8] {
        var bytes = message(.outcome)
        outcome.encode(into: &bytes)
        append(sentences, to: &bytes)
        return bytes
    }

    /// To be wiped.
    static func deviceMessage(name: Name, replaces: Bool, key: borrowing Secret) -> [UInt8] {
        var bytes = message(.device)
        append(name.bytes, to: &bytes)
        bytes.append(replaces ? 1 : 0)
        bytes.append(UInt8(truncatingIfNeeded: key.count))
        key.withBytes { bytes.append(copying: $0) }
        return bytes
    }

    static func verdictMessage(_ verdict: Confirmation.Verdict) -> [UInt8] {
        var bytes = message(.verdict)
        verdict.encode(into: &bytes)
        return bytes
    }

    /// To be wiped.
    static func keptMessage(name: Name, replaced: Bool, skew: Int, codes: [String]) -> [UInt8] {
        var bytes = message(.kept)
        append(name.bytes, to: &bytes)
        bytes.append(replaced ? 1 : 0)
        bytes.append(bigEndian: Int64(skew))
        append(codes, to: &bytes)
        return bytes
    }

    /// To be wiped.
    static func codesMessage(_ codes: [String]) -> [UInt8] {
        var bytes = message(.codes)
        append(codes, to: &bytes)
        return bytes
    }

    /// It was not done; `text` is for a person, and in plain ASCII.
    public static func deniedMessage(_ denial: Denial, _ text: [UInt8] = []) -> [UInt8] {
        var bytes = message(.denied)
        bytes.append(denial.rawValue)
        append(Array(text.prefix(255)), to: &bytes)
        return bytes
    }

    private static func append(_ text: [UInt8], to bytes: inout [UInt8]) {
        bytes.append(UInt8(truncatingIfNeeded: text.count))
        bytes.append(copying: text.span)
    }

    private static func append(_ texts: [String], to bytes: inout [UInt8]) {
        let texts = texts.prefix(16)
        bytes.append(UInt8(truncatingIfNeeded: texts.count))
        for text in texts { append(Array(text.utf8.prefix(200)), to: &bytes) }
    }
}

// MARK: Reading

extension HelperReply {
    /// Reads a reply; `nil` where the bytes are not exactly one.
    public init?(decoding bytes: Span<UInt8>) {
        var cursor = Cursor()
        guard bytes.count <= HelperReply.maximumLength,
            cursor.byte(bytes) == HelperRequest.version,
            let kind = cursor.byte(bytes).flatMap(Kind.init(rawValue:)),
            let reply = HelperReply.read(kind, bytes, &cursor), cursor.offset == bytes.count
        else { return nil }
        self = reply
    }

    private static func read(
        _ kind: Kind, _ bytes: Span<UInt8>, _ cursor: inout Cursor
    ) -> HelperReply? {
        switch kind {
        case .flag:
            guard let flag = cursor.byte(bytes), flag <= 1 else { return nil }
            return .flag(flag == 1)
        case .done: return .done
        case .codes: return texts(bytes, &cursor).map { .codes($0) }
        case .record:
            let rest = bytes.count - cursor.offset
            guard let start = cursor.skip(rest, of: bytes),
                let record = Record(decoding: bytes.extracting(start..<start + rest))
            else { return nil }
            return .record(record)
        case .outcome:
            guard let outcome = Outcome(decoding: bytes, &cursor),
                let sentences = texts(bytes, &cursor)
            else { return nil }
            return .outcome(outcome, sentences: sentences)
        case .device:
            guard let name = name(bytes, &cursor), let replaces = cursor.byte(bytes),
                let length = cursor.byte(bytes), let start = cursor.skip(Int(length), of: bytes)
            else { return nil }
            let key = Secret(copying: bytes.extracting(start..<start + Int(length)))
            return .device(name: name, replaces: replaces == 1, key: key)
        case .verdict:
            return Confirmation.Verdict(decoding: bytes, &cursor).map { .verdict($0) }
        case .kept:
            guard let name = name(bytes, &cursor), let replaced = cursor.byte(bytes),
                let skew = cursor.uint64(bytes), let codes = texts(bytes, &cursor)
            else { return nil }
            return .kept(
                name: name, replaced: replaced == 1, skew: Int(Int64(bitPattern: skew)),
                codes: codes)
        case .denied:
            guard let denial = cursor.byte(bytes).flatMap(Denial.init(rawValue:)),
                let text = text(bytes, &cursor)
            else { return nil }
            return .denied(denial, text: text)
        }
    }

    private static func text(_ bytes: Span<UInt8>, _ cursor: inout Cursor) -> String? {
        guard let length = cursor.byte(bytes), let text = cursor.bytes(Int(length), of: bytes)
        else { return nil }
        return String(decoding: LogLine.visible(text), as: UTF8.self)
    }

    private static func name(_ bytes: Span<UInt8>, _ cursor: inout Cursor) -> Name? {
        guard let length = cursor.byte(bytes) else { return nil }
        return cursor.bytes(Int(length), of: bytes).flatMap { Name($0) }
    }

    private static func texts(_ bytes: Span<UInt8>, _ cursor: inout Cursor) -> [String]? {
        guard let count = cursor.byte(bytes), count <= 16 else { return nil }
        var texts: [String] = []
        for _ in 0..<count {
            guard let text = text(bytes, &cursor) else { return nil }
            texts.append(text)
        }
        return texts
    }
}
