/// Reads the fields of a protocol buffer message: only the wire format, which says where a field
/// ends and not what it means.
struct ProtobufReader {
    /// The value of a field.
    enum Value {
        case number(UInt64)
        /// Bytes, a text or another message.
        case bytes(Range<Int>)
    }

    private var offset: Int
    private let end: Int

    /// The fields of the message in `range` of the bytes.
    init(_ range: Range<Int>) {
        offset = range.lowerBound
        end = range.upperBound
    }

    /// The next field's number and value; `nil` at the end.
    mutating func next(in bytes: Span<UInt8>) throws(Refusal) -> (field: UInt64, value: Value)? {
        guard offset < end else { return nil }
        let tag = try number(bytes)
        switch tag & 7 {
        case 0: return (tag >> 3, .number(try number(bytes)))
        case 1: return (tag >> 3, .bytes(try skip(8)))
        case 2: return (tag >> 3, .bytes(try skip(try number(bytes))))
        case 5: return (tag >> 3, .bytes(try skip(4)))
        default: throw ProtobufReader.damaged
        }
    }

    private static var damaged: Refusal { Refusal("the data is damaged") }

    /// A number in groups of seven bits, the lowest first.
    private mutating func number(_ bytes: Span<UInt8>) throws(Refusal) -> UInt64 {
        var value: UInt64 = 0
        for shift in stride(from: UInt64(0), to: 70, by: 7) {
            guard offset < end else { throw ProtobufReader.damaged }
            let byte = bytes[offset]
            offset += 1
            guard shift < 63 || byte <= 1 else { throw ProtobufReader.damaged }
            value |= UInt64(byte & 0x7f) << shift
            if byte < 0x80 { return value }
        }
        throw ProtobufReader.damaged
    }

    private mutating func skip(_ length: UInt64) throws(Refusal) -> Range<Int> {
        guard let length = Int(exactly: length), length <= end - offset else {
            throw ProtobufReader.damaged
        }
        defer { offset += length }
        return offset..<offset + length
    }
}
