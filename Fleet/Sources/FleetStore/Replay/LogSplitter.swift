/// Cuts a log into its lines. Of a very long one, the rest is left out.
public struct LogSplitter: Sendable {
    /// How much of a line is read, in bytes: more than any program of swiftotp writes.
    public static let longest = 16_384

    /// The beginning of the line that goes on.
    private var rest: [UInt8] = []
    /// Whether some of that line was left out.
    private var isCut = false

    public init() {}

    /// Hands on the lines that end in the next part of the log, and whether each is whole.
    public mutating func add(
        _ part: ArraySlice<UInt8>, _ take: (_ line: ArraySlice<UInt8>, _ isWhole: Bool) -> Void
    ) {
        var part = part
        while let end = part.firstIndex(of: UInt8(ascii: "\n")) {
            let piece = part[..<end]
            part = part[end...].dropFirst()
            if rest.isEmpty, !isCut {
                take(piece.prefix(LogSplitter.longest), piece.count <= LogSplitter.longest)
            } else {
                keep(piece)
                finish(isWhole: !isCut, take)
            }
        }
        keep(part)
    }

    /// Hands on what is left at the end of the log. A line that does not end is not whole.
    public mutating func end(_ take: (_ line: ArraySlice<UInt8>, _ isWhole: Bool) -> Void) {
        if !rest.isEmpty || isCut { finish(isWhole: false, take) }
    }

    private mutating func keep(_ piece: ArraySlice<UInt8>) {
        let room = max(0, LogSplitter.longest - rest.count)
        rest += piece.prefix(room)
        if piece.count > room { isCut = true }
    }

    private mutating func finish(isWhole: Bool, _ take: (ArraySlice<UInt8>, Bool) -> Void) {
        take(rest[...], isWhole)
        rest.removeAll(keepingCapacity: true)
        isCut = false
    }
}
