/// The lines of a PAM file, as libpam assembles them.
struct PAMLineReader {
    /// A line of the file, or a piece of one that is too long.
    struct Part {
        let number: Int
        let bytes: [UInt8]
        /// Whether the line continues in the file.
        let isCut: Bool
    }

    /// What libpam takes for one line.
    struct Line {
        /// Up to the first NUL; without comments.
        let text: [UInt8]
        /// The parts that it was assembled from.
        let parts: [Part]
        /// The first comment or empty line between two parts, or after the last one.
        let interruption: Int?

        var number: Int { parts.first?.number ?? 0 }
    }

    enum Next {
        case line(Line)
        case end
        /// A backslash with nothing after it: libpam gives up.
        case unfinished(Int)
        /// An old libpam has no room left, and tries for ever.
        case endless(Int)
    }

    private let bytes: [UInt8]
    private let rules: PAMRules
    private var position = 0
    private var number = 1

    init(_ bytes: [UInt8], _ rules: PAMRules) { (self.bytes, self.rules) = (bytes, rules) }

    mutating func next() -> Next { rules.isNew ? nextOfNew() : nextOfOld() }

    /// The next bytes, at most `limit`, up to the end of a line.
    private mutating func part(atMost limit: Int) -> Part? {
        guard position < bytes.count else { return nil }
        let end = limit < bytes.count - position ? position + limit : bytes.count
        let stop = bytes[position..<end].firstIndex(of: 10).map { $0 + 1 } ?? end
        let isWhole = bytes[stop - 1] == 10 || stop == bytes.count
        let part = Part(
            number: number, bytes: Array(bytes[position..<stop]), isCut: !isWhole)
        if part.bytes.last == 10 { number += 1 }
        position = stop
        return part
    }

    private static let hash = UInt8(ascii: "#"), backslash = UInt8(ascii: "\\")

    // MARK: Up to 1.5

    /// libpam 1.5 reads into 1024 bytes (`_pam_assemble_line`); comments and empty lines between
    /// the parts of a line are skipped.
    private mutating func nextOfOld() -> Next {
        var text: [UInt8] = []
        var parts: [Part] = []
        var interruption: Int?
        while true {
            let room = PAMRules.bufferSize - text.count
            guard room > 1 else { return .endless(number) }
            guard let part = part(atMost: room - 1) else {
                return parts.last.map { .unfinished($0.number) } ?? .end
            }
            let string = part.bytes.prefix { $0 != 0 }
            let content = string.drop { PAMWords.isBlank($0) }
            guard let first = content.first, first != Self.hash else {
                if !parts.isEmpty { interruption = interruption ?? part.number }
                continue
            }
            parts.append(part)
            let isContinued = !content.contains(Self.hash) && Self.isContinued(content)
            if isContinued {
                text += Self.withoutBackslash(string)
                continue
            }
            text += string.prefix { $0 != Self.hash }
            return .line(Line(text: text, parts: parts, interruption: interruption))
        }
    }

    /// Whether it ends in a backslash, ignoring blanks.
    private static func isContinued(_ bytes: some BidirectionalCollection<UInt8>) -> Bool {
        bytes.last { !PAMWords.isBlank($0) } == backslash
    }

    /// With a blank in place of the backslash and everything after it.
    private static func withoutBackslash(_ bytes: ArraySlice<UInt8>) -> [UInt8] {
        guard let last = bytes.lastIndex(of: backslash) else { return Array(bytes) }
        return bytes[..<last] + [32]
    }

    // MARK: From 1.6

    /// A newer one (`_pam_line_assemble`) has no such limit, and a comment or an empty line ends a
    /// continued line. It looks for the backslash even after a NUL.
    private mutating func nextOfNew() -> Next {
        var text: [UInt8]?
        var parts: [Part] = []
        while true {
            guard let part = part(atMost: .max) else {
                return parts.last.map { .unfinished($0.number) } ?? .end
            }
            let isContinued = Self.isContinued(part.bytes)
            let whole = isContinued ? Self.withoutBackslash(part.bytes[...]) : part.bytes
            let isRemark = whole.prefix { $0 != 0 }.contains(Self.hash)
            let content = whole.drop { $0 == 32 || $0 == 9 }
            var kept = Array(content)
            if let end = kept.firstIndex(where: { $0 == Self.hash || $0 == 0 }),
                kept[end] == Self.hash
            {
                kept[end] = 0
            }
            if isContinued && !isRemark {
                if !kept.isEmpty { text = (text ?? []) + kept }
                parts.append(part)
                continue
            }
            let isEmpty = kept.isEmpty || kept[0] == 0 || kept[0] == 10
            if !isEmpty || text != nil { text = (text ?? []) + kept }
            let line = Array((text ?? []).prefix { $0 != 0 })
            guard !line.isEmpty else {
                (text, parts) = (nil, [])
                continue
            }
            let interruption = isEmpty && !parts.isEmpty ? part.number : nil
            return .line(Line(text: line, parts: parts + [part], interruption: interruption))
        }
    }
}
