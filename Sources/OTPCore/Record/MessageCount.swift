/// How many codes were sent to all users within the current hour.
public struct MessageCount: Equatable, Sendable {
    /// The length of the encoded count, in bytes.
    public static let length = 8 + 2
    private static let hour: UInt64 = 3600

    /// When the hour began, in Unix seconds.
    private var start: UInt64 = 0
    private var count: UInt16 = 0

    public init() {}

    /// Counts one more, unless there are `most`; whether it was counted.
    public mutating func take(at now: UInt64, most: Int) -> Bool {
        if now >= start, now - start >= MessageCount.hour { (start, count) = (now, 0) }
        // The clock was moved back: what was sent still counts, but not for longer than an hour.
        if now < start { start = now }
        guard Int(count) < most, count < .max else { return false }
        count += 1
        return true
    }

    public var encoded: [UInt8] {
        var bytes: [UInt8] = []
        bytes.append(bigEndian: start)
        bytes.append(bigEndian: count)
        return bytes
    }

    /// Reads what `encoded` wrote; `nil` for anything else.
    public init?(decoding bytes: Span<UInt8>) {
        var cursor = Cursor()
        guard bytes.count == MessageCount.length, let start = cursor.uint64(bytes),
            let count = cursor.uint16(bytes)
        else { return nil }
        (self.start, self.count) = (start, count)
    }
}
