/// One element of a terminal's output (ECMA-48): an escape sequence or a byte.
struct EscapeSequence {
    /// What it is.
    enum Kind {
        /// A byte, or a sequence without meaning here.
        case none
        /// `CSI`, parameters, and the final byte.
        case control(ArraySlice<UInt8>, UInt8)
        /// A string, with the byte after the escape that begins it.
        case string(UInt8, ArraySlice<UInt8>)
    }

    let kind: Kind
    /// The index after it, always greater than its start.
    let end: Int

    static let escape: UInt8 = 0x1b
    private static let bell: UInt8 = 0x07

    /// The element at index `start` of `bytes`. A truncated one extends to the end.
    init(in bytes: [UInt8], at start: Int) {
        guard bytes[start] == EscapeSequence.escape, start + 1 < bytes.count else {
            (kind, end) = (.none, start + 1)
            return
        }
        let introducer = bytes[start + 1]
        switch introducer {
        case UInt8(ascii: "["):
            (kind, end) = EscapeSequence.control(in: bytes, from: start + 2)
        case UInt8(ascii: "]"), UInt8(ascii: "_"), UInt8(ascii: "P"), UInt8(ascii: "^"),
            UInt8(ascii: "X"):
            let body = EscapeSequence.body(in: bytes, from: start + 2)
            (kind, end) = (body.isWhole ? .string(introducer, bytes[body.range]) : .none, body.end)
        case UInt8(ascii: "O"): (kind, end) = (.none, min(start + 3, bytes.count))
        default: (kind, end) = (.none, start + 2)
        }
    }

    private static func control(in bytes: [UInt8], from start: Int) -> (Kind, Int) {
        let rest = bytes[start...]
        let parameters = rest.prefix { (0x30...0x3f).contains($0) }
        let between = bytes[parameters.endIndex...].prefix { (0x20...0x2f).contains($0) }
        guard between.endIndex < bytes.count else { return (.none, bytes.count) }
        let final = bytes[between.endIndex]
        guard (0x40...0x7e).contains(final) else { return (.none, between.endIndex) }
        return (between.isEmpty ? .control(parameters, final) : .none, between.endIndex + 1)
    }

    /// Up to `ESC \`, a bell, or another escape, which ends an interrupted string.
    private static func body(
        in bytes: [UInt8], from start: Int
    ) -> (range: Range<Int>, end: Int, isWhole: Bool) {
        let stop = bytes[start...].firstIndex { $0 == escape || $0 == bell }
        guard let stop else { return (start..<bytes.count, bytes.count, false) }
        if bytes[stop] == bell { return (start..<stop, stop + 1, true) }
        let isWhole = stop + 1 < bytes.count && bytes[stop + 1] == UInt8(ascii: "\\")
        return (start..<stop, isWhole ? stop + 2 : stop, isWhole)
    }
}
