import OTPCore

/// What names a row: 128 bits, a `uuid` in the database.
public struct RowID: Hashable, Sendable {
    /// Length in bytes.
    public static let length = 16

    /// The bytes, `length` of them.
    public let bytes: [UInt8]

    /// `nil` if there are not exactly `length` bytes.
    public init?(_ bytes: [UInt8]) {
        guard bytes.count == RowID.length else { return nil }
        self.bytes = bytes
    }

    /// A random one (version 4 of RFC 9562).
    public static func random() -> RowID {
        var generator = SystemRandomNumberGenerator()
        var bytes = Array(random: RowID.length, &generator)
        bytes[6] = bytes[6] & 0x0f | 0x40
        bytes[8] = bytes[8] & 0x3f | 0x80
        return RowID(unchecked: bytes)
    }

    /// The one before all others.
    static let lowest = RowID(unchecked: [UInt8](repeating: 0, count: length))

    /// The one that goes with it, for another unit of work of the same request.
    public var partner: RowID {
        var bytes = bytes
        bytes[0] ^= 0x80
        return RowID(unchecked: bytes)
    }

    private init(unchecked bytes: [UInt8]) { self.bytes = bytes }

    /// Reads what `text` writes; hyphens may stand anywhere.
    public init?(text: String) {
        let digits = Array(text.utf8)
        let hyphen = UInt8(ascii: "-")
        guard let secret = Hex.decode(digits.span, between: { $0 == hyphen }) else { return nil }
        self.init(secret.withBytes { $0.array })
    }

    /// The usual form: `8c9f1a52-...`.
    public var text: String {
        var text: [UInt8] = []
        for (index, byte) in bytes.enumerated() {
            if [4, 6, 8, 10].contains(index) { text.append(UInt8(ascii: "-")) }
            text.append(hex: byte)
        }
        return String(decoding: text, as: UTF8.self)
    }
}

extension Array<UInt8> {
    /// `count` random bytes of the system's generator.
    init(random count: Int, _ generator: inout SystemRandomNumberGenerator) {
        self.init()
        while self.count < count {
            append(bigEndian: generator.next() as UInt64)
        }
        removeLast(self.count - Swift.max(0, count))
    }

    /// `count` random bytes of the system's generator.
    init(random count: Int) {
        var generator = SystemRandomNumberGenerator()
        self.init(random: count, &generator)
    }
}
