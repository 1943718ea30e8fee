/// The ten backup codes of a user by index, hashed; `nil` for one that was used or never made.
///
/// Stored as in the record (which codes exist, then these in a row): a login with a code from an
/// app reads and writes the whole set, and must not pay for each code.
public struct BackupSet: RandomAccessCollection, MutableCollection, Equatable, Sendable {
    /// Bit `i` is set if code `i` exists.
    private(set) var live: UInt16 = 0
    /// The existing codes, in the order of their indices.
    private(set) var bytes: [UInt8] = []

    /// A set without codes.
    public init() {}

    public var startIndex: Int { 0 }
    public var endIndex: Int { BackupCode.setSize }

    /// What is stored of code `index`, 0 to 9.
    public subscript(index: Int) -> HashedCode? {
        get {
            guard let range = range(of: index), live >> index & 1 == 1 else { return nil }
            return HashedCode(Array(bytes[range]))
        }
        set {
            guard let range = range(of: index) else { return }
            let old = live >> index & 1 == 1 ? range : range.lowerBound..<range.lowerBound
            bytes.replaceSubrange(old, with: newValue?.bytes ?? [])
            live = newValue == nil ? live & ~(1 << index) : live | 1 << index
        }
    }

    /// How many codes are left.
    var left: Int { live.nonzeroBitCount }

    /// Where code `index` is in `bytes`, or would be; `nil` outside 0 to 9.
    private func range(of index: Int) -> Range<Int>? {
        guard indices.contains(index) else { return nil }
        let before = (live & ((1 << index) - 1)).nonzeroBitCount
        return before * HashedCode.length..<(before + 1) * HashedCode.length
    }

    /// Appends the set to `output`.
    func encode(into output: inout OutputSpan<UInt8>) {
        output.write(bigEndian: live)
        output.write(copying: bytes.span)
    }

    /// Reads what `encode` wrote; `nil` if the bytes are not a valid set.
    init?(decoding input: Span<UInt8>, _ cursor: inout Cursor) {
        guard let live = cursor.uint16(input), live >> BackupCode.setSize == 0,
            let bytes = cursor.bytes(live.nonzeroBitCount * HashedCode.length, of: input)
        else { return nil }
        self.live = live
        self.bytes = bytes
    }
}
