/// A text with numbered gaps: `{1} is not enrolled.`.
struct Template {
    private enum Part {
        case text(Substring)
        /// Counted from 1.
        case gap(Int)
    }

    private var parts: [Part] = []

    /// Treats invalid gaps as text.
    init(_ text: String) { _ = read(text) }

    /// `nil` if a brace does not belong to a gap.
    init?(checking text: String) {
        guard read(text) else { return nil }
    }

    /// The numbers of its gaps, each once.
    var numbers: Set<Int> {
        var numbers: Set<Int> = []
        for case .gap(let number) in parts { numbers.insert(number) }
        return numbers
    }

    /// The text with its gaps filled; a gap without contents stays empty.
    func filled(with gaps: [String]) -> String {
        var text = ""
        for part in parts {
            switch part {
            case .text(let piece): text += piece
            case .gap(let number) where gaps.indices.contains(number - 1): text += gaps[number - 1]
            case .gap: break
            }
        }
        return text
    }

    /// Whether all braces belong to gaps. Reads bytes, because every message comes through here.
    private mutating func read(_ text: String) -> Bool {
        var isClean = true
        var rest = Substring(text).utf8
        while let open = rest.firstIndex(of: UInt8(ascii: "{")) {
            let behind = rest[open...].dropFirst()
            guard let digit = behind.first, (UInt8(ascii: "1")...UInt8(ascii: "9")).contains(digit),
                behind.dropFirst().first == UInt8(ascii: "}")
            else {
                isClean = false
                parts.append(.text(Substring(rest[...open])))
                rest = behind
                continue
            }
            parts.append(.text(Substring(rest[..<open])))
            parts.append(.gap(Int(digit - UInt8(ascii: "0"))))
            rest = behind.dropFirst(2)
        }
        parts.append(.text(Substring(rest)))
        return isClean && !rest.contains(UInt8(ascii: "}"))
    }
}
