/// One place of a terminal.
struct Cell {
    let character: Character
    let style: Style
}

/// The colors set by SGR sequences ("\u{1b}[38;5;231m"); nil is the terminal's own.
struct Style {
    var ink: Picture.Color?
    var ground: Picture.Color?
    var reversed = false

    /// The cells of a line, following the sequences in it.
    mutating func cells(of line: Substring) -> [Cell] {
        var cells: [Cell] = []
        var rest = line
        while let character = rest.popFirst() {
            if character == "\u{1b}" {
                follow(&rest)
            } else if character >= " " {
                cells.append(Cell(character: character, style: self))
            }
        }
        return cells
    }

    /// Removes one sequence from the text; only "[...m" has a meaning here.
    private mutating func follow(_ rest: inout Substring) {
        guard rest.popFirst() == "[" else {
            _ = rest.popFirst()
            return
        }
        let end = rest.firstIndex { $0.isLetter } ?? rest.endIndex
        let numbers = rest[..<end].split(
            omittingEmptySubsequences: false, whereSeparator: { $0 == ";" || $0 == ":" }
        ).map { Int($0) ?? 0 }
        if end < rest.endIndex, rest[end] == "m" { apply(numbers[...]) }
        rest = end < rest.endIndex ? rest[rest.index(after: end)...] : ""
    }

    private mutating func apply(_ list: ArraySlice<Int>) {
        var numbers = list
        while let number = numbers.popFirst() {
            switch number {
            case 0: self = Style()
            case 7: reversed = true
            case 27: reversed = false
            case 30...37: ink = Palette.color(number - 30)
            case 90...97: ink = Palette.color(number - 90 + 8)
            case 38: ink = Palette.extended(&numbers)
            case 39: ink = nil
            case 40...47: ground = Palette.color(number - 40)
            case 100...107: ground = Palette.color(number - 100 + 8)
            case 48: ground = Palette.extended(&numbers)
            case 49: ground = nil
            default: break
            }
        }
    }
}

/// The 256 colors of a terminal, as in xterm.
enum Palette {
    static func color(_ number: Int) -> Picture.Color {
        func gray(_ level: Int) -> Picture.Color {
            let level = UInt8(clamping: level)
            return Picture.Color(red: level, green: level, blue: level)
        }
        switch number {
        case 7: return gray(229)
        case 8: return gray(127)
        case 15: return gray(255)
        case 0..<16:
            let level: UInt8 = number > 7 ? 255 : 205
            return Picture.Color(
                red: number & 1 != 0 ? level : 0, green: number & 2 != 0 ? level : 0,
                blue: number & 4 != 0 ? level : 0)
        case 16..<232:
            func part(_ index: Int) -> UInt8 { index == 0 ? 0 : UInt8(55 + 40 * index) }
            let cube = number - 16
            return Picture.Color(
                red: part(cube / 36), green: part(cube / 6 % 6), blue: part(cube % 6))
        default: return gray(8 + 10 * (number - 232))
        }
    }

    /// "5;N" or "2;R;G;B".
    static func extended(_ numbers: inout ArraySlice<Int>) -> Picture.Color? {
        switch numbers.popFirst() {
        case 5: return color(numbers.popFirst() ?? 0)
        case 2:
            let parts = (0..<3).map { _ in UInt8(clamping: numbers.popFirst() ?? 0) }
            return Picture.Color(red: parts[0], green: parts[1], blue: parts[2])
        default: return nil
        }
    }
}
