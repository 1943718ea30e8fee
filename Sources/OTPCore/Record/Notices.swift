/// What a user is to be told at the next login.
///
/// Kept apart from the event log, so that no number of failures can push out what somebody
/// changed.
public struct Notices: Equatable, Sendable {
    /// How many changes are kept; the oldest makes room.
    static let capacity = 6

    /// Failures since the last login at which the user was told.
    public struct Failures: Equatable, Sendable {
        /// How many; 0 for none.
        public internal(set) var count: UInt32 = 0
        /// When the first was, in Unix seconds.
        public internal(set) var since: UInt64 = 0
        /// Where the last came from, as in `Event.origin`.
        public internal(set) var origin: [UInt8] = []
    }

    /// The failures.
    public internal(set) var failures = Failures()
    /// The changes.
    var log = EventLog(capacity: Notices.capacity)
    /// Whether the number of backup codes left is to be told once more.
    public internal(set) var remindsOfBackupCodes = false

    /// The changes, oldest first.
    public var changes: [Event] { log.events }

    /// Whether there is nothing to tell.
    public var isEmpty: Bool { failures.count == 0 && log.isEmpty && !remindsOfBackupCodes }

    /// Counts a failure that came from `origin`.
    mutating func failed(at now: UInt64, from origin: [UInt8]) {
        if failures.count == 0 { failures.since = now }
        failures.count = min(failures.count, .max - 1) + 1
        failures.origin = Event(.failure, at: now, detail: [], origin: origin).origin
    }

    /// Appends the notices to `output`.
    func encode(into output: inout OutputSpan<UInt8>) {
        output.write(bigEndian: failures.count)
        output.write(bigEndian: failures.since)
        output.write(UInt8(truncatingIfNeeded: failures.origin.count))
        output.write(copying: failures.origin.span)
        output.write(remindsOfBackupCodes ? 1 : 0)
        log.encode(into: &output)
    }

    /// Reads what `encode` wrote; `nil` where the bytes are no notices.
    init?(decoding input: Span<UInt8>, _ cursor: inout Cursor) {
        guard let count = cursor.uint32(input), let since = cursor.uint64(input),
            let length = cursor.byte(input), Int(length) <= Event.originLength,
            let origin = cursor.bytes(Int(length), of: input),
            let reminds = cursor.byte(input), reminds <= 1,
            let log = EventLog(decoding: input, &cursor, capacity: Notices.capacity)
        else { return nil }
        failures = Failures(count: count, since: since, origin: origin)
        remindsOfBackupCodes = reminds == 1
        self.log = log
    }

    /// Nothing to tell.
    init() {}
}
