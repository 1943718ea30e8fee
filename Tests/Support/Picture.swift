/// A picture of a terminal: what a camera in front of it would see.
public struct Picture: Sendable {
    public struct Color: Sendable, Equatable {
        var red: UInt8, green: UInt8, blue: UInt8
    }

    /// The terminal's default colors.
    public enum Theme: Sendable {
        /// Light text on a dark background, as in most terminals.
        case dark
        /// Dark text on a light background, like paper.
        case light

        var ink: Color { self == .dark ? Palette.color(7) : Palette.color(0) }
        var ground: Color { self == .dark ? Palette.color(0) : Palette.color(231) }
    }

    private static let cell = (width: 8, height: 16)
    public let width: Int
    public let height: Int
    private var pixels: [Color]

    /// Paints lines of text with SGR colors, from `tmux capture-pane -e -p`.
    public init(_ text: String, theme: Theme = .dark) {
        let rows = text.split(separator: "\n", omittingEmptySubsequences: false)
            .reduce(into: (lines: [[Cell]](), style: Style())) { all, line in
                all.lines.append(all.style.cells(of: line))
            }.lines
        // A margin in the terminal's background color, as a window has.
        let columns = (rows.map(\.count).max() ?? 0) + 4
        width = columns * Self.cell.width
        height = (rows.count + 2) * Self.cell.height
        pixels = Array(repeating: theme.ground, count: width * height)
        for (y, row) in rows.enumerated() {
            for (x, cell) in row.enumerated() {
                paint(cell, column: x + 2, row: y + 1, theme: theme)
            }
        }
    }

    private mutating func paint(_ cell: Cell, column: Int, row: Int, theme: Theme) {
        var ink = cell.style.ink ?? theme.ink, ground = cell.style.ground ?? theme.ground
        if cell.style.reversed { swap(&ink, &ground) }
        for y in 0..<Self.cell.height {
            let start = (row * Self.cell.height + y) * width + column * Self.cell.width
            for x in 0..<Self.cell.width {
                pixels[start + x] = Self.isInk(cell.character, x, y) ? ink : ground
            }
        }
    }

    /// The shape of a character. Blocks are exact, and '#' counts as one; letters are just
    /// something dark, because nobody reads them here.
    private static func isInk(_ character: Character, _ x: Int, _ y: Int) -> Bool {
        switch character {
        case " ", "\u{a0}": false
        case "\u{2588}", "#": true
        case "\u{2580}": y < cell.height / 2
        case "\u{2584}": y >= cell.height / 2
        case "\u{258c}": x < cell.width / 2
        case "\u{2590}": x >= cell.width / 2
        default: (2..<6).contains(x) && (4..<12).contains(y) && (x + y) % 2 == 0
        }
    }

    /// The picture as a file in the PPM format.
    public var ppm: [UInt8] {
        Array("P6 \(width) \(height) 255\n".utf8)
            + pixels.flatMap { [$0.red, $0.green, $0.blue] }
    }
}
