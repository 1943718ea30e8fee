/// Reads big-endian fields from a span. Past the end it returns `nil` and does not move.
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
        integer(bytes)
    }

    /// The next four bytes.
    public mutating func uint32(_ bytes: Span<UInt8>) -> UInt32? {
        integer(bytes)
    }

    /// The next eight bytes.
    public mutating func uint64(_ bytes: Span<UInt8>) -> UInt64? {
        integer(bytes)
    }

    /// The next `count` bytes.
    public mutating func bytes(_ count: Int, of bytes: Span<UInt8>) -> [UInt8]? {
        skip(count, of: bytes).map { bytes.extracting($0..<$0 + count).array }
    }

    /// Skips `count` bytes, and returns where they begin.
    mutating func skip(_ count: Int, of bytes: Span<UInt8>) -> Int? {
        guard count >= 0, count <= bytes.count - offset else { return nil }
        defer { offset += count }
        return offset
    }

    private mutating func integer<Value: FixedWidthInteger & BitwiseCopyable>(
        _ bytes: Span<UInt8>
    ) -> Value? {
        guard let value = bytes.bigEndian(Value.self, at: offset) else { return nil }
        offset += MemoryLayout<Value>.size
        return value
    }
}

extension Array<UInt8> {
    /// Appends a decimal number.
    mutating func append(decimal value: UInt64) {
        append(contentsOf: String(value).utf8)
    }
}
