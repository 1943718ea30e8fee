/// What a record stores of a code that was sent.
public struct SentCode: Equatable, Sendable {
    /// How it was sent.
    public let kind: MessageKind
    /// Its hash and its times.
    public internal(set) var issued: IssuedCode
}

/// What a record stores about codes by message: where they may be sent, the last one, and when the
/// latest were.
public struct Messaging: Equatable, Sendable {
    /// The least time between two codes for a user, in seconds.
    static let pause: UInt64 = 60
    /// How many codes a user may get within an hour.
    static let hourly = 5
    private static let hour: UInt64 = 3600

    /// At most one of each kind, mail first.
    public private(set) var contacts: [Contact] = []
    /// What is stored of the last code, used or not.
    var code: SentCode?
    /// When the latest codes were sent, the oldest first, in Unix seconds.
    private(set) var times: [UInt64] = []

    /// Nothing.
    init() {}

    /// Whether there is nothing to store.
    var isEmpty: Bool { contacts.isEmpty && code == nil && times.isEmpty }

    /// The contact of this kind.
    public func contact(_ kind: MessageKind) -> Contact? { contacts.first { $0.kind == kind } }

    /// Replaces or removes a contact. A code that is out ends with it.
    mutating func set(_ contact: Contact?, _ kind: MessageKind) {
        contacts.removeAll { $0.kind == kind }
        if let contact { contacts.append(contact) }
        contacts.sort { $0.kind.rawValue < $1.kind.rawValue }
        code = nil
    }

    /// Ends everything that logs in. When codes were sent is remembered, for the limits.
    mutating func end() {
        contacts = []
        code = nil
    }

    /// Takes over from an earlier record of the same user.
    mutating func succeed(_ other: Messaging) {
        if contacts.isEmpty { contacts = other.contacts }
        times = Array((times + other.times).sorted().suffix(Messaging.hourly))
    }

    /// How long the user has to wait for another code, in seconds; `nil` if one may be sent now.
    public func wait(at now: UInt64) -> UInt64? {
        // Much later times are those of a clock that was wrong once.
        let ages = times.filter { $0 <= now.addingClamped(Messaging.hour) }
            .map { now - min(now, $0) }
        var wait: UInt64 = 0
        if let last = ages.min(), last < Messaging.pause { wait = Messaging.pause - last }
        if ages.count >= Messaging.hourly, let first = ages.max(), first < Messaging.hour {
            wait = max(wait, Messaging.hour - first)
        }
        return wait > 0 ? wait : nil
    }

    /// Whether the last code was sent lately, used or not: its digits are then told apart from those
    /// of nobody's.
    func remembersCode(at now: UInt64) -> Bool {
        code.map { now < $0.issued.expires.addingClamped(Messaging.hour) } ?? false
    }

    /// Counts a code as sent.
    mutating func count(at now: UInt64) {
        times.removeAll { now >= $0.addingClamped(Messaging.hour) }
        if times.count >= Messaging.hourly { times.removeFirst() }
        times.append(now)
    }

    // MARK: The form in a record (docs/FILEFORMAT.md)

    /// The longest form, in bytes.
    static let maximumLength =
        MessageKind.allCases.count * (1 + 8) + Contact.maximumLength + Contact.maximumNumberLength
        + 2 + HashedCode.length + 3 * 8 + BootTime.idLength + 8 + 1 + hourly * 8

    func encode(into bytes: inout OutputSpan<UInt8>) {
        for kind in MessageKind.allCases {
            let contact = contact(kind)
            let text = Array((contact?.text ?? "").utf8)
            bytes.write(UInt8(truncatingIfNeeded: text.count))
            bytes.write(copying: text.span)
            if let contact { bytes.write(bigEndian: contact.since) }
        }
        bytes.write(code?.kind.rawValue ?? 0)
        if let code { IssuedCode.encode(code.issued, into: &bytes) }
        bytes.write(UInt8(truncatingIfNeeded: times.count))
        for time in times { bytes.write(bigEndian: time) }
    }

    /// Reads what `encode` wrote; `nil` if the bytes are invalid.
    init?(decoding bytes: Span<UInt8>, _ cursor: inout Cursor) {
        for kind in MessageKind.allCases {
            guard let length = cursor.byte(bytes) else { return nil }
            if length == 0 { continue }
            guard let text = cursor.bytes(Int(length), of: bytes), let since = cursor.uint64(bytes),
                let contact = Contact(kind, String(decoding: text, as: UTF8.self), since: since),
                contact.text.utf8.elementsEqual(text)
            else { return nil }
            contacts.append(contact)
        }
        guard let form = cursor.byte(bytes) else { return nil }
        if form != 0 {
            guard let kind = MessageKind(rawValue: form),
                let issued = IssuedCode.decode(bytes, &cursor)?.code
            else { return nil }
            code = SentCode(kind: kind, issued: issued)
        }
        guard let count = cursor.byte(bytes), Int(count) <= Messaging.hourly else { return nil }
        for _ in 0..<count {
            guard let time = cursor.uint64(bytes) else { return nil }
            times.append(time)
        }
    }
}
