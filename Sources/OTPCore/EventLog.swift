/// Something that happened to a user's second factor.
public struct Event: Equatable, Sendable {
    /// What happened.
    public enum Kind: UInt8, Sendable {
        case login = 1
        case failure = 2
        case added = 3
        case removed = 4
        case codesRenewed = 5
        case verified = 6
        case unlocked = 7

        /// One word for it, as `--json` writes it.
        public var name: String {
            switch self {
            case .login: "login"
            case .failure: "failure"
            case .added: "added"
            case .removed: "removed"
            case .codesRenewed: "codes-renewed"
            case .verified: "verified"
            case .unlocked: "unlocked"
            }
        }
    }

    /// What happened.
    public let kind: Kind
    /// When, in Unix seconds.
    public let time: UInt64
    /// With which factor or why: an authenticator's name, `backup code 3`, `wrong`. Printable
    /// ASCII, at most 48 bytes.
    public let detail: [UInt8]
    /// From where: service and address, such as `sshd 192.0.2.7`. Printable ASCII, 64 bytes.
    public let origin: [UInt8]

    static let detailLength = 48
    static let originLength = 64

    /// An event; texts are cut to their lengths, and what is not printable ASCII becomes `?`.
    public init(_ kind: Kind, at time: UInt64, detail: [UInt8], origin: [UInt8]) {
        self.kind = kind
        self.time = time
        self.detail = Event.printable(detail, Event.detailLength)
        self.origin = Event.printable(origin, Event.originLength)
    }

    private static func printable(_ text: [UInt8], _ length: Int) -> [UInt8] {
        let isPrintable = text.allSatisfy { (0x20...0x7e).contains($0) }
        if isPrintable && text.count <= length { return text }
        var text = Array(text.prefix(length))
        for index in text.indices where !(0x20...0x7e).contains(text[index]) {
            text[index] = UInt8(ascii: "?")
        }
        return text
    }
}

/// The last sixteen events, kept in the form of the record: a login only ever adds one, and
/// must not pay for reading the others.
public struct EventLog: Equatable, Sendable {
    /// How many events are kept.
    public static let capacity = 16
    static let maximumLength = capacity * (11 + Event.detailLength + Event.originLength)

    private(set) var bytes: [UInt8] = []
    private(set) var count = 0

    public init() {}

    /// Adds an event; the oldest makes room.
    public mutating func append(_ event: Event) {
        if count >= EventLog.capacity {
            bytes.removeFirst(
                min(bytes.count, EventLog.length(of: bytes.span, at: 0) ?? bytes.count))
            count -= 1
        }
        bytes.reserveCapacity(bytes.count + 11 + event.detail.count + event.origin.count)
        bytes.append(event.kind.rawValue)
        bytes.append(bigEndian: event.time)
        bytes.append(UInt8(truncatingIfNeeded: event.detail.count))
        bytes.append(copying: event.detail.span)
        bytes.append(UInt8(truncatingIfNeeded: event.origin.count))
        bytes.append(copying: event.origin.span)
        count += 1
    }

    /// The events, oldest first.
    public var events: [Event] {
        var events: [Event] = []
        var cursor = Cursor()
        while let event = EventLog.read(bytes.span, &cursor) { events.append(event) }
        return events
    }

    /// Takes over a stored log; `nil` where the bytes are no whole log of `count` events.
    init?(bytes: [UInt8], count: Int) {
        guard (0...EventLog.capacity).contains(count), bytes.count <= EventLog.maximumLength else {
            return nil
        }
        var offset = 0
        for _ in 0..<count {
            guard let length = EventLog.length(of: bytes.span, at: offset) else { return nil }
            offset += length
        }
        guard offset == bytes.count else { return nil }
        self.bytes = bytes
        self.count = count
    }

    /// The length of the entry at `offset`, where a whole one lies there.
    private static func length(of bytes: Span<UInt8>, at offset: Int) -> Int? {
        let detail = offset + 9
        guard detail < bytes.count else { return nil }
        let origin = detail + 1 + Int(bytes[detail])
        guard origin < bytes.count else { return nil }
        let end = origin + 1 + Int(bytes[origin])
        return end <= bytes.count ? end - offset : nil
    }

    private static func read(_ bytes: Span<UInt8>, _ cursor: inout Cursor) -> Event? {
        guard let kind = cursor.byte(bytes).flatMap(Event.Kind.init(rawValue:)),
            let time = cursor.uint64(bytes),
            let detail = cursor.byte(bytes).flatMap({ cursor.bytes(Int($0), of: bytes) }),
            let origin = cursor.byte(bytes).flatMap({ cursor.bytes(Int($0), of: bytes) })
        else { return nil }
        return Event(kind, at: time, detail: detail, origin: origin)
    }
}
