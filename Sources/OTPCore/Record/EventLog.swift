/// The latest events, stored as in the record: a login only adds one, and must not pay for parsing
/// the others.
public struct EventLog: Equatable, Sendable {
    /// How many events a user's log holds.
    public static let capacity = 7
    /// The longest event, in bytes.
    static let maximumEventLength = 11 + Event.detailLength + Event.originLength

    /// How many events it holds.
    let capacity: Int
    private(set) var bytes: [UInt8] = []
    private(set) var count = 0

    /// An empty log of at most `capacity` events.
    public init(capacity: Int = EventLog.capacity) { self.capacity = capacity }

    /// The longest encoded log, in bytes.
    var maximumLength: Int { capacity * EventLog.maximumEventLength }

    /// Whether it has no events.
    public var isEmpty: Bool { count == 0 }

    /// Adds an event; the oldest makes room.
    public mutating func append(_ event: Event) {
        if count >= capacity { remove(at: 0) }
        bytes.reserveCapacity(bytes.count + 11 + event.detail.count + event.origin.count)
        bytes.append(event.kind.rawValue)
        bytes.append(bigEndian: event.time)
        bytes.append(UInt8(truncatingIfNeeded: event.detail.count))
        bytes.append(copying: event.detail.span)
        bytes.append(UInt8(truncatingIfNeeded: event.origin.count))
        bytes.append(copying: event.origin.span)
        count += 1
    }

    /// Drops the oldest events until the others take at most `length` bytes.
    mutating func shorten(to length: Int) {
        while bytes.count > length, count > 0 { remove(at: 0) }
    }

    /// Removes an event, if it is there.
    mutating func remove(_ event: Event) {
        if let index = entries.firstIndex(of: event) { remove(at: index) }
    }

    /// Removes one of the `count` entries.
    mutating func remove(at index: Int) {
        guard (0..<count).contains(index) else { return }
        var start = 0
        for _ in 0..<index { start += EventLog.length(of: bytes.span, at: start) ?? 0 }
        let length = EventLog.length(of: bytes.span, at: start) ?? 0
        bytes.removeSubrange(start..<start + length)
        count -= 1
    }

    /// The events, oldest first, without those of kinds that a later release has added.
    public var events: [Event] { entries.compactMap { $0 } }

    /// What is stored, oldest first: `count` entries, `nil` for an event of an unknown kind.
    var entries: [Event?] {
        var entries: [Event?] = []
        var cursor = Cursor()
        for _ in 0..<count { entries.append(EventLog.read(bytes.span, &cursor)) }
        return entries
    }

    /// Takes a stored log; `nil` if the bytes are not a complete log of `count` events.
    init?(bytes: [UInt8], count: Int, capacity: Int = EventLog.capacity) {
        self.init(capacity: capacity)
        guard (0...capacity).contains(count), bytes.count <= maximumLength else { return nil }
        var offset = 0
        for _ in 0..<count {
            guard let length = EventLog.length(of: bytes.span, at: offset) else { return nil }
            offset += length
        }
        guard offset == bytes.count else { return nil }
        self.bytes = bytes
        self.count = count
    }

    /// Appends the log to `output`: count, length, and events.
    func encode(into output: inout OutputSpan<UInt8>) {
        output.write(UInt8(truncatingIfNeeded: count))
        output.write(bigEndian: UInt16(truncatingIfNeeded: bytes.count))
        output.write(copying: bytes.span)
    }

    /// Reads what `encode` wrote; `nil` if the bytes are not a log of at most `capacity` events.
    init?(decoding input: Span<UInt8>, _ cursor: inout Cursor, capacity: Int = EventLog.capacity) {
        guard let count = cursor.byte(input), let length = cursor.uint16(input),
            let bytes = cursor.bytes(Int(length), of: input)
        else { return nil }
        self.init(bytes: bytes, count: Int(count), capacity: capacity)
    }

    /// The length of the entry at `offset`; `nil` if it is not complete, or longer than an event: then
    /// those that come later would not fit.
    private static func length(of bytes: Span<UInt8>, at offset: Int) -> Int? {
        let detail = offset + 9
        guard detail < bytes.count, Int(bytes[detail]) <= Event.detailLength else { return nil }
        let origin = detail + 1 + Int(bytes[detail])
        guard origin < bytes.count, Int(bytes[origin]) <= Event.originLength else { return nil }
        let end = origin + 1 + Int(bytes[origin])
        return end <= bytes.count ? end - offset : nil
    }

    private static func read(_ bytes: Span<UInt8>, _ cursor: inout Cursor) -> Event? {
        guard let kind = cursor.byte(bytes),
            let time = cursor.uint64(bytes),
            let detail = cursor.byte(bytes).flatMap({ cursor.bytes(Int($0), of: bytes) }),
            let origin = cursor.byte(bytes).flatMap({ cursor.bytes(Int($0), of: bytes) })
        else { return nil }
        return Event.Kind(rawValue: kind).map {
            Event($0, at: time, detail: detail, origin: origin)
        }
    }
}
