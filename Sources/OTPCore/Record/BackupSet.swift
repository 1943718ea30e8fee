/// The ten backup codes of a user by index, each hashed, or `nil` where it was used or never
/// made.
///
/// Kept in the form of the record (which codes there are, then these one after the other): a
/// login with a code of an app reads and writes all of it, and must not pay for each.
public struct BackupSet: RandomAccessCollection, MutableCollection, Equatable, Sendable {
    /// Bit `i` says whether code `i` is there.
    private(set) var live: UInt16 = 0
    /// The codes that are there, in the order of their indices.
    private(set) var bytes: [UInt8] = []

    /// A set without any code.
    public init() {}

    public var startIndex: Int { 0 }
    public var endIndex: Int { BackupCode.setSize }

    /// What is kept of code `index`, 0 to 9.
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

    /// How many codes are there.
    var left: Int { live.nonzeroBitCount }

    /// Where code `index` lies in `bytes`, or would; `nil` outside 0 to 9.
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

    /// Reads what `encode` wrote; `nil` where the bytes are no set.
    init?(decoding input: Span<UInt8>, _ cursor: inout Cursor) {
        guard let live = cursor.uint16(input), live >> BackupCode.setSize == 0,
            let bytes = cursor.bytes(live.nonzeroBitCount * HashedCode.length, of: input)
        else { return nil }
        self.live = live
        self.bytes = bytes
    }
}
