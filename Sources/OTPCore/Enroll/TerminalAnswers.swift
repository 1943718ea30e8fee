/// A terminal's answers about what it can show.
public struct TerminalAnswers: Equatable, Sendable {
    /// Whether it shows pictures with kitty's graphics protocol.
    public private(set) var hasKitty = false
    /// Whether it shows iTerm2's inline images.
    public private(set) var hasInline = false
    /// Whether it shows sixels.
    public private(set) var hasSixel = false
    /// The size of a character in pixels, if the terminal tells it.
    public private(set) var cell: TerminalCell?
    /// Whether the last question was answered, so that nothing more will come.
    public private(set) var isComplete = false

    /// The questions: kitty's protocol, iTerm2's, the size of a character, and last the one that
    /// every terminal answers (DA1). Terminals ignore questions that they do not know.
    public static let questions = Array(
        ("\u{1b}_Gi=31,s=1,v=1,a=q,t=d,f=24;AAAA\u{1b}\\" + "\u{1b}]1337;ReportCellSize\u{1b}\\"
            + "\u{1b}[16t" + "\u{1b}[c").utf8)

    /// Reads the answers, and ignores everything else.
    public init(_ bytes: [UInt8]) {
        var position = 0
        while position < bytes.count {
            let piece = EscapeSequence(in: bytes, at: position)
            position = piece.end
            switch piece.kind {
            case .none: continue
            case .control(let parameters, let final): read(parameters, final)
            case .string(let introducer, let body): read(introducer, body)
            }
        }
    }

    /// The typed text without late answers.
    public static func removed(from typed: [UInt8]) -> [UInt8] {
        var rest: [UInt8] = []
        // Room for all of it: an array that grows leaves a copy behind.
        rest.reserveCapacity(typed.count)
        var position = 0
        while position < typed.count {
            let piece = EscapeSequence(in: typed, at: position)
            if case .none = piece.kind, piece.end == position + 1,
                typed[position] != EscapeSequence.escape
            {
                rest.append(typed[position])
            }
            position = piece.end
        }
        return rest
    }

    private mutating func read(_ parameters: ArraySlice<UInt8>, _ final: UInt8) {
        switch final {
        case UInt8(ascii: "c"):
            guard parameters.first == UInt8(ascii: "?") else { return }
            isComplete = true
            let features = parameters.dropFirst().split(separator: UInt8(ascii: ";"))
            if features.contains(where: { $0.elementsEqual("4".utf8) }) { hasSixel = true }
        case UInt8(ascii: "t"):
            let numbers = parameters.split(separator: UInt8(ascii: ";")).map { Self.number($0) }
            guard numbers.count == 3, numbers[0] == 6, let height = numbers[1],
                let width = numbers[2]
            else { return }
            cell = TerminalCell(width: width, height: height) ?? cell
        default: break
        }
    }

    private mutating func read(_ introducer: UInt8, _ body: ArraySlice<UInt8>) {
        switch introducer {
        case UInt8(ascii: "_"):
            if body.elementsEqual("Gi=31;OK".utf8) { hasKitty = true }
        case UInt8(ascii: "]"):
            let size = Array("1337;ReportCellSize=".utf8)
            guard body.starts(with: size) else { return }
            hasInline = true
            // Height and width in points, and the number of pixels per point.
            let numbers = body.dropFirst(size.count).split(separator: UInt8(ascii: ";"))
                .map { Self.number($0.prefix { $0 != UInt8(ascii: ".") }) }
            guard cell == nil, numbers.count >= 2, let height = numbers[0], let width = numbers[1]
            else { return }
            let scale = numbers.count > 2 ? numbers[2] ?? 1 : 1
            cell = TerminalCell(width: width * scale, height: height * scale)
        default: break
        }
    }

    /// A number of one to four digits.
    private static func number(_ text: ArraySlice<UInt8>) -> Int? {
        guard (1...4).contains(text.count) else { return nil }
        var value = 0
        for byte in text {
            guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) else { return nil }
            value = 10 * value + Int(byte - UInt8(ascii: "0"))
        }
        return value
    }
}
