/// Reads big-endian fields off a span; `nil` past its end, and stays where it was.
public struct Cursor {
    /// Where the next field begins.
    public private(set) var offset = 0

    public init() {}

    /// The next byte.
    public mutating func byte(_ bytes: Span<UInt8>) -> UInt8? {
        guard offset < bytes.count else { return nil }
        defer { offset += 1 }
        return bytes[offset]
    }

    /// The next two bytes.
    public mutating func uint16(_ bytes: Span<UInt8>) -> UInt16? {
        integer(bytes, 2).map(UInt16.init(truncatingIfNeeded:))
    }

    /// The next four bytes.
    public mutating func uint32(_ bytes: Span<UInt8>) -> UInt32? {
        integer(bytes, 4).map(UInt32.init(truncatingIfNeeded:))
    }

    /// The next eight bytes.
    public mutating func uint64(_ bytes: Span<UInt8>) -> UInt64? {
        integer(bytes, 8)
    }

    /// The next `count` bytes.
    public mutating func bytes(_ count: Int, of bytes: Span<UInt8>) -> [UInt8]? {
        skip(count, of: bytes).map { bytes.extracting($0..<$0 + count).array }
    }

    /// Passes over `count` bytes, and says where they begin.
    mutating func skip(_ count: Int, of bytes: Span<UInt8>) -> Int? {
        guard count >= 0, count <= bytes.count - offset else { return nil }
        defer { offset += count }
        return offset
    }

    private mutating func integer(_ bytes: Span<UInt8>, _ count: Int) -> UInt64? {
        guard count <= bytes.count - offset else { return nil }
        var value: UInt64 = 0
        for index in offset..<offset + count { value = value << 8 | UInt64(bytes[index]) }
        offset += count
        return value
    }
}

extension Array<UInt8> {
    /// Appends a decimal number.
    mutating func append(decimal value: UInt64) {
        append(contentsOf: String(value).utf8)
    }
}
