/// Parses a JSON document (RFC 8259), within limits: one node per value; the values of a list or
/// object follow its own node, and each value of an object follows its name.
struct JSONParser {
    /// How deep lists and objects may be nested; the deepest export needs seven.
    static let maximumDepth = 32
    /// The most values and names.
    static let maximumNodes = 2_000_000

    private(set) var nodes: [JSONNode] = []
    private var offset = 0

    /// Why it is not read, and on which line.
    struct Stop: Error {
        let line: Int
        let sentence: String
    }

    /// Parses all of `bytes`.
    init(_ bytes: Span<UInt8>) throws(Stop) {
        do throws(Refusal) {
            guard Text.isUTF8(bytes) else { throw Refusal("it is not written in UTF-8") }
            offset = Text.start(of: bytes)
            skipBlanks(bytes)
            try value(bytes, depth: 0)
            skipBlanks(bytes)
            guard offset == bytes.count else { throw JSONParser.malformed }
        } catch {
            var line = 1
            for index in 0..<min(offset, bytes.count) where bytes[index] == UInt8(ascii: "\n") {
                line += 1
            }
            throw Stop(line: line, sentence: error.sentence)
        }
    }

    private static var malformed: Refusal { Refusal("it is not well-formed JSON") }

    // MARK: Values

    private mutating func value(_ bytes: Span<UInt8>, depth: Int) throws(Refusal) {
        guard depth <= JSONParser.maximumDepth else {
            throw Refusal("lists and objects are nested too deeply")
        }
        switch byte(bytes) {
        case UInt8(ascii: "{"): try members(bytes, depth: depth)
        case UInt8(ascii: "["): try elements(bytes, depth: depth)
        case UInt8(ascii: "\""): try text(bytes)
        case UInt8(ascii: "n"): try word("null", .null, bytes)
        case UInt8(ascii: "t"): try word("true", .boolean, bytes)
        case UInt8(ascii: "f"): try word("false", .boolean, bytes)
        default: try number(bytes)
        }
    }

    private mutating func members(_ bytes: Span<UInt8>, depth: Int) throws(Refusal) {
        try series(.object, to: "}", bytes) { (parser, bytes) throws(Refusal) in
            guard parser.byte(bytes) == UInt8(ascii: "\"") else { throw JSONParser.malformed }
            try parser.text(bytes)
            parser.skipBlanks(bytes)
            guard parser.take(":", bytes) else { throw JSONParser.malformed }
            parser.skipBlanks(bytes)
            try parser.value(bytes, depth: depth + 1)
        }
    }

    private mutating func elements(_ bytes: Span<UInt8>, depth: Int) throws(Refusal) {
        try series(.list, to: "]", bytes) { (parser, bytes) throws(Refusal) in
            try parser.value(bytes, depth: depth + 1)
        }
    }

    /// The elements of a list or object, up to its end.
    private mutating func series(
        _ kind: JSONNode.Kind, to end: Unicode.Scalar, _ bytes: Span<UInt8>,
        _ one: (inout JSONParser, Span<UInt8>) throws(Refusal) -> Void
    ) throws(Refusal) {
        let index = try open(kind)
        skipBlanks(bytes)
        if !take(end, bytes) {
            repeat {
                skipBlanks(bytes)
                try one(&self, bytes)
                skipBlanks(bytes)
            } while take(",", bytes)
            guard take(end, bytes) else { throw JSONParser.malformed }
        }
        close(index)
    }

    /// A string: escapes are checked now, and decoded when the string is asked for.
    private mutating func text(_ bytes: Span<UInt8>) throws(Refusal) {
        offset += 1
        let start = offset
        while let byte = byte(bytes), byte != UInt8(ascii: "\"") {
            guard byte >= 0x20 else { throw JSONParser.malformed }
            offset += 1
            guard byte == UInt8(ascii: "\\") else { continue }
            guard let escape = self.byte(bytes) else { throw JSONParser.malformed }
            offset += 1
            if escape == UInt8(ascii: "u") {
                guard JSONText.unit(at: offset, in: bytes) != nil else {
                    throw JSONParser.malformed
                }
                offset += 4
            } else if JSONText.escaped(escape) == nil {
                throw JSONParser.malformed
            }
        }
        guard offset < bytes.count else { throw JSONParser.malformed }
        try add(.text, start, offset)
        offset += 1
    }

    private mutating func number(_ bytes: Span<UInt8>) throws(Refusal) {
        let start = offset
        _ = take("-", bytes)
        let first = offset
        guard digits(bytes) else { throw JSONParser.malformed }
        if bytes[first] == UInt8(ascii: "0"), offset - first > 1 { throw JSONParser.malformed }
        if take(".", bytes), !digits(bytes) { throw JSONParser.malformed }
        if take("e", bytes) || take("E", bytes) {
            if !take("+", bytes) { _ = take("-", bytes) }
            guard digits(bytes) else { throw JSONParser.malformed }
        }
        try add(.number, start, offset)
    }

    private mutating func word(
        _ word: StaticString, _ kind: JSONNode.Kind, _ bytes: Span<UInt8>
    ) throws(Refusal) {
        let end = offset + word.utf8CodeUnitCount
        guard end <= bytes.count, Text.equal(bytes.extracting(offset..<end), word) else {
            throw JSONParser.malformed
        }
        try add(kind, offset, end)
        offset = end
    }

    // MARK: Bytes and nodes

    private func byte(_ bytes: Span<UInt8>) -> UInt8? {
        offset < bytes.count ? bytes[offset] : nil
    }

    private mutating func skipBlanks(_ bytes: Span<UInt8>) {
        while let byte = byte(bytes), Text.isBlank(byte) { offset += 1 }
    }

    private mutating func take(_ symbol: Unicode.Scalar, _ bytes: Span<UInt8>) -> Bool {
        guard byte(bytes) == UInt8(ascii: symbol) else { return false }
        offset += 1
        return true
    }

    /// Skips digits; whether there was one.
    private mutating func digits(_ bytes: Span<UInt8>) -> Bool {
        let start = offset
        while let byte = byte(bytes), Text.digit(byte) != nil { offset += 1 }
        return offset > start
    }

    private mutating func add(_ kind: JSONNode.Kind, _ start: Int, _ end: Int) throws(Refusal) {
        guard nodes.count < JSONParser.maximumNodes else { throw Refusal("it has too many values") }
        nodes.append(
            JSONNode(
                kind: kind, start: UInt32(clamping: start), end: UInt32(clamping: end),
                next: UInt32(clamping: nodes.count + 1)))
    }

    /// Begins a list or object, whose end is not known yet.
    private mutating func open(_ kind: JSONNode.Kind) throws(Refusal) -> Int {
        try add(kind, offset, offset)
        offset += 1
        return nodes.count - 1
    }

    private mutating func close(_ index: Int) {
        nodes[index].end = UInt32(clamping: offset)
        nodes[index].next = UInt32(clamping: nodes.count)
    }
}
