/// What a user has yet to be told at logins.
///
/// Changes are kept apart from the event log, so that no number of failures can push one out. A
/// change is told at least twice, and for a day, to logins with something older than the change: a
/// login with a device that a thief added does not count.
public struct Notices: Equatable, Sendable {
    /// How many changes are kept, told or not; see `append`.
    static let capacity = 6
    /// How often a change is told at least.
    static let leastTellings: UInt8 = 2
    /// For how many seconds it is told at every login.
    static let tellingTime: UInt64 = 86_400
    /// Replaces the number of tellings of a change that is done with.
    private static let done: UInt8 = 3

    /// Failures since the user was last told, at a login.
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
    /// The changes, including those done with: `status` keeps showing them.
    private var log = EventLog(capacity: Notices.capacity)
    /// How often each of them was told, or `done`.
    private(set) var tellings: [UInt8] = []
    /// Whether the number of backup codes left is to be told once more.
    public internal(set) var remindsOfBackupCodes = false

    /// The changes of known kinds, oldest first. Any other keeps its place in `log`, and is told by
    /// a release that knows it.
    public var changes: [Event] { log.events }

    /// Whether there is nothing to tell.
    public var isEmpty: Bool {
        failures.count == 0 && !remindsOfBackupCodes
            && tellings.allSatisfy { $0 == Notices.done }
    }

    /// Adds a change. To make room, one that is done with goes first, then an older one of the same
    /// thing, then the oldest: a row of changes hides none behind it.
    mutating func append(_ event: Event) {
        if log.count >= Notices.capacity {
            let isSame = { (other: Event?) in
                other?.kind == event.kind && other?.detail == event.detail
            }
            let victim =
                tellings.firstIndex(of: Notices.done) ?? log.entries.firstIndex(where: isSame) ?? 0
            log.remove(at: victim)
            tellings.remove(at: victim)
        }
        log.append(event)
        tellings.append(0)
    }

    /// Removes a change, if it is there: another one says the same.
    mutating func remove(_ event: Event) {
        guard let index = log.entries.firstIndex(of: event) else { return }
        log.remove(at: index)
        tellings.remove(at: index)
    }

    /// Counts a failure that came from `origin`.
    mutating func failed(at now: UInt64, from origin: [UInt8]) {
        if failures.count == 0 { failures.since = now }
        failures.count = min(failures.count, .max - 1) + 1
        failures.origin = Event(.failure, at: now, detail: [], origin: origin).origin
    }

    // MARK: Who is told

    /// A login, judged by how long what it uses has existed.
    struct Listener: Equatable {
        /// Since when what was used has existed, in Unix seconds.
        var since: UInt64
        /// The same for the oldest thing that logs the user in; `.max` if there is none.
        var oldest: UInt64

        /// Whether they are told of what happened at `time`. Not if what they use came with it or
        /// later, and something older is left.
        func hears(of time: UInt64) -> Bool { since < time || oldest >= time }
    }

    /// The changes that `listener` is told of at `now`, the oldest first.
    func changes(for listener: Listener, at now: UInt64) -> [Event] {
        if isEmpty { return [] }
        var changes: [Event] = []
        for case (let event?, let times) in zip(log.entries, tellings)
        where Notices.isTold(event, times, to: listener, at: now) { changes.append(event) }
        return changes
    }

    private static func isTold(
        _ event: Event, _ tellings: UInt8, to listener: Listener, at now: UInt64
    ) -> Bool {
        tellings != done && listener.hears(of: event.time)
            && (tellings < leastTellings || isFresh(event, for: listener, at: now))
    }

    /// Whether a change is still told at every login to `listener`. A login with what came with the
    /// change is told at most twice, and so is everybody if its time is in the future: a clock was
    /// wrong then, or is now.
    private static func isFresh(
        _ event: Event, for listener: Listener, at now: UInt64
    ) -> Bool {
        now >= event.time && now - event.time < tellingTime && listener.since < event.time
    }

    /// Records that `listener` was told at `now`.
    mutating func told(to listener: Listener, at now: UInt64) {
        if listener.hears(of: failures.since) { failures = Failures() }
        remindsOfBackupCodes = false
        if isEmpty { return }
        for case (let index, let event?) in log.entries.enumerated() {
            guard tellings[index] != Notices.done, listener.hears(of: event.time) else { continue }
            tellings[index] = min(tellings[index] + 1, Notices.leastTellings)
            let isDone =
                tellings[index] >= Notices.leastTellings
                && !Notices.isFresh(event, for: listener, at: now)
            if isDone { tellings[index] = Notices.done }
        }
    }

    // MARK: The form in a record (docs/FILEFORMAT.md)

    /// Appends the notices to `output`.
    func encode(into output: inout OutputSpan<UInt8>) {
        output.write(bigEndian: failures.count)
        output.write(bigEndian: failures.since)
        output.write(UInt8(truncatingIfNeeded: failures.origin.count))
        output.write(copying: failures.origin.span)
        output.write(remindsOfBackupCodes ? 1 : 0)
        log.encode(into: &output)
        output.write(copying: tellings.span)
    }

    /// Reads what `encode` wrote; `nil` if the bytes are invalid.
    init?(decoding input: Span<UInt8>, _ cursor: inout Cursor) {
        guard let count = cursor.uint32(input), let since = cursor.uint64(input),
            let length = cursor.byte(input), Int(length) <= Event.originLength,
            let origin = cursor.bytes(Int(length), of: input),
            let reminds = cursor.byte(input), reminds <= 1,
            let log = EventLog(decoding: input, &cursor, capacity: Notices.capacity),
            let tellings = cursor.bytes(log.count, of: input),
            tellings.allSatisfy({ $0 <= Notices.done })
        else { return nil }
        failures = Failures(count: count, since: since, origin: origin)
        remindsOfBackupCodes = reminds == 1
        self.log = log
        self.tellings = tellings
    }

    /// Nothing to tell.
    init() {}
}
