/// The last few answers that were refused and counted.
///
/// A program that repeats a stale code, such as a mail client, is not guessing: the same answer
/// again is refused unchecked, and not counted. That tells a guesser nothing: an answer that was
/// refused is not compared again, even once its time has come, and every other guess counts.
public struct RefusedAnswers: Equatable, Sendable {
    /// How many are kept; the oldest makes room.
    static let capacity = 5

    /// The marks of these answers, the oldest first.
    private(set) var marks: [UInt64] = []
    /// Which name they belong to, if several share a record, as names share a decoy: the same
    /// answer for another name is a different one. Not stored.
    var owner: UInt64 = 0

    /// Whether an answer of this mark is among them.
    func contains(_ mark: UInt64) -> Bool { marks.contains(mark ^ owner) }

    mutating func append(_ mark: UInt64) {
        guard !contains(mark) else { return }
        if marks.count == RefusedAnswers.capacity { marks.removeFirst() }
        marks.append(mark ^ owner)
    }

    func encode(into bytes: inout OutputSpan<UInt8>) {
        bytes.write(UInt8(truncatingIfNeeded: marks.count))
        for mark in marks { bytes.write(bigEndian: mark) }
    }

    /// No answers.
    init() {}

    /// Reads what `encode` wrote; `nil` if the bytes are invalid.
    init?(decoding bytes: Span<UInt8>, _ cursor: inout Cursor) {
        guard let count = cursor.byte(bytes), Int(count) <= RefusedAnswers.capacity else {
            return nil
        }
        for _ in 0..<count {
            guard let mark = cursor.uint64(bytes) else { return nil }
            marks.append(mark)
        }
    }
}

extension Answer {
    /// Identifies the answer; `nil` if it is not a code.
    var mark: UInt64? {
        switch self {
        case .code(let value, let digits): Answer.mark(1, value, digits)
        case .joinedCode(let value, let digits): Answer.mark(2, value, digits)
        case .backupCode(let code): code.symbols.withBytes { Answer.mark(of: $0) }
        case .temporaryCode(let code): code.symbols.withBytes { Answer.mark(of: $0) }
        case .empty: nil
        case .malformed: nil
        }
    }

    private static func mark(_ form: UInt8, _ value: UInt32, _ digits: UInt8) -> UInt64? {
        var text = [form, digits]
        text.append(bigEndian: value)
        defer { Secret.wipe(&text) }
        return mark(of: text.span)
    }

    /// Trying all codes against it takes reading the record, and whoever can do that has the keys.
    private static func mark(of text: Span<UInt8>) -> UInt64? {
        let salt = Array("swiftotp answer".utf8)
        let hash = Cryptography.pbkdf2(password: text, salt: salt.span, iterations: 1, length: 8)
        var cursor = Cursor()
        return cursor.uint64(hash.span)
    }
}

extension Record {
    /// Whether the answer has the form of one of this user's codes: six digits do not, if all
    /// authenticators show eight. Codes sent by message count if `now` is given.
    func couldAccept(_ answer: borrowing Answer, _ now: UInt64? = nil) -> Bool {
        switch answer {
        case .code(_, let digits):
            authenticators.contains { $0.digits == digits }
                || digits == MessageCode.digits
                    && now.map { messaging.remembersCode(at: $0) } ?? false
        case .joinedCode(_, let digits): authenticators.contains { $0.digits <= digits }
        case .backupCode: true
        case .temporaryCode: true
        case .empty: false
        case .malformed: false
        }
    }
}
