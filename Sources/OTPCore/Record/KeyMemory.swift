/// How far each removed key of a record was used.
///
/// A used code belongs to its key. A key that is removed and enrolled again, under any name,
/// continues if it was.
public struct KeyMemory: Equatable, Sendable {
    /// How many keys are remembered; the one removed first makes room.
    public static let capacity = 10

    /// One key.
    struct Entry: Equatable, Sendable {
        /// What identifies the key.
        let mark: Mark
        /// The time up to which TOTP codes were used, in Unix seconds; 0 for none.
        var time: UInt64
        /// The lowest unused counter; 0 for none.
        var counter: UInt64
    }

    /// Identifies a key without revealing anything about it.
    public struct Mark: Equatable, Sendable {
        /// Length in bytes.
        static let length = 16
        let bytes: [UInt8]

        /// The mark of a key.
        init(of key: Span<UInt8>) {
            let text = Array("swiftotp key".utf8)
            bytes = Cryptography.pbkdf2(
                password: key, salt: text.span, iterations: 1, length: Mark.length)
        }

        /// `nil` if the bytes have another length.
        init?(_ bytes: [UInt8]) {
            guard bytes.count == Mark.length else { return nil }
            self.bytes = bytes
        }
    }

    private(set) var entries: [Entry] = []

    /// Whether nothing is remembered.
    var isEmpty: Bool { entries.isEmpty }

    /// Remembers how far a key was used that is being removed.
    mutating func remember(_ authenticator: Authenticator, _ mark: Mark) {
        var entry = Entry(mark: mark, time: 0, counter: 0)
        if let index = entries.firstIndex(where: { $0.mark == mark }) {
            entry = entries.remove(at: index)
        }
        switch authenticator.kind {
        case .hotp: entry.counter = max(entry.counter, authenticator.nextStep)
        case .totp:
            let (time, overflow) = authenticator.nextStep.multipliedReportingOverflow(
                by: UInt64(authenticator.period))
            entry.time = max(entry.time, overflow ? .max : time)
        }
        append(entry)
    }

    /// Adds everything that another memory has.
    mutating func remember(_ other: KeyMemory) {
        for var entry in other.entries {
            if let index = entries.firstIndex(where: { $0.mark == entry.mark }) {
                let known = entries.remove(at: index)
                entry.time = max(entry.time, known.time)
                entry.counter = max(entry.counter, known.counter)
            }
            append(entry)
        }
    }

    private mutating func append(_ entry: Entry) {
        // A key whose codes were never used need not be remembered.
        guard entry.time > 0 || entry.counter > 0 else { return }
        if entries.count == KeyMemory.capacity {
            // TOTP codes expire soon; counters do not.
            entries.remove(at: entries.firstIndex { $0.counter == 0 } ?? 0)
        }
        entries.append(entry)
    }

    /// Whether a key of this mark was removed.
    func remembers(_ mark: Mark) -> Bool { entries.contains { $0.mark == mark } }

    /// The first step or counter that `authenticator` may use with the key of this mark.
    func nextStep(of authenticator: Authenticator, _ mark: Mark) -> UInt64 {
        guard let entry = entries.first(where: { $0.mark == mark }) else { return 0 }
        switch authenticator.kind {
        case .hotp: return entry.counter
        case .totp:
            let period = UInt64(max(1, authenticator.period))
            // A step that began before that time was partly used.
            return entry.time / period + (entry.time % period == 0 ? 0 : 1)
        }
    }
}

// MARK: The form in a record (docs/FILEFORMAT.md)

extension KeyMemory {
    func encode(into bytes: inout OutputSpan<UInt8>) {
        bytes.write(UInt8(truncatingIfNeeded: entries.count))
        for entry in entries {
            bytes.write(copying: entry.mark.bytes.span)
            bytes.write(bigEndian: entry.time)
            bytes.write(bigEndian: entry.counter)
        }
    }

    /// Reads what `encode` wrote; `nil` if the bytes are invalid.
    init?(decoding bytes: Span<UInt8>, _ cursor: inout Cursor) {
        guard let count = cursor.byte(bytes), Int(count) <= KeyMemory.capacity else { return nil }
        for _ in 0..<count {
            guard let mark = cursor.bytes(Mark.length, of: bytes).flatMap({ Mark($0) }),
                let time = cursor.uint64(bytes), let counter = cursor.uint64(bytes)
            else { return nil }
            entries.append(Entry(mark: mark, time: time, counter: counter))
        }
    }
}
