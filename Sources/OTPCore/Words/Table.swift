/// Columns of text, truncated so that a row fits a width.
public struct Table: Sendable {
    /// A table cell: text without newlines, and the meaning of its color.
    public struct Cell: ExpressibleByStringLiteral, Sendable {
        let text: String
        let ink: Ink

        /// A cell with a text without newlines.
        public init(_ text: String, _ ink: Ink = .plain) { (self.text, self.ink) = (text, ink) }

        /// A plain cell.
        public init(stringLiteral text: String) { self.init(text) }
    }

    /// All cells in order: color, text, and a newline. A list of rows of strings would take several
    /// times the memory for very many.
    private var cells: [UInt8] = []
    /// How wide each column is.
    private var widths: [Int]
    private let flexible: Int?
    private let width: Int

    /// The least width that a flexible column is cut to.
    private static let leastWidth = 8
    /// The space between two columns.
    private static let gap = 2

    /// A table with these headings, at most `width` columns wide. If it is wider, the `flexible`
    /// column is cut first, and then the ends of the rows.
    public init(_ headings: [String], flexible: Int? = nil, width: Int) {
        widths = [Int](repeating: 0, count: headings.count)
        self.flexible = flexible
        self.width = width
        add(headings)
    }

    /// Adds a row with this number of cells.
    public mutating func add(_ row: [Cell]) {
        for (column, cell) in zip(widths.indices, row) {
            widths[column] = max(widths[column], Columns.count(cell.text))
            cells.append(cell.ink.rawValue)
            cells += cell.text.utf8
            cells.append(UInt8(ascii: "\n"))
        }
    }

    /// Adds a row of plain cells.
    public mutating func add(_ row: [String]) { add(row.map { Cell($0) }) }

    /// The rows as text without colors, the headings first.
    public var plainLines: [String] {
        var lines: [String] = []
        forEachLine(painting: { $1 }, { lines.append($0) })
        return lines
    }

    /// Hands over the rows as text, the headings first; `paint` gives a text the color that a
    /// meaning has, if there are colors.
    public func forEachLine(
        painting paint: (Ink, String) -> String, _ body: (String) throws -> Void
    ) rethrows {
        let widths = fittingWidths
        var (pieces, column, start) = ([Cell](), 0, 0)
        for index in cells.indices where cells[index] == UInt8(ascii: "\n") {
            let ink = Ink(rawValue: cells[start]) ?? .plain
            var text = String(decoding: cells[(start + 1)..<index], as: UTF8.self)
            start = index + 1
            if column == flexible { text = Columns.cut(text, to: widths[column]) }
            pieces.append(Cell(text, ink))
            if column < widths.count - 1 {
                let gap = widths[column] - Columns.count(text) + Table.gap
                pieces.append(Cell(String(repeating: " ", count: gap)))
                column += 1
            } else {
                try body(line(of: pieces, paint))
                (pieces, column) = ([], 0)
            }
        }
    }

    /// A row as one line. If it is too wide, it ends with a mark.
    private func line(of pieces: [Cell], _ paint: (Ink, String) -> String) -> String {
        let isCut = pieces.reduce(0) { $0 + Columns.count($1.text) } > width
        var (line, room) = ("", isCut ? width - 1 : width)
        for piece in pieces where room > 0 {
            let text = Columns.prefix(piece.text[...], room)
            // Nothing narrow may follow something wide that did not fit.
            room = text.endIndex < piece.text.endIndex ? 0 : room - Columns.count(text)
            line += paint(piece.ink, String(text))
        }
        return isCut ? line + Columns.mark : line
    }

    /// The widths of the columns, with the flexible one cut if that helps.
    private var fittingWidths: [Int] {
        guard let flexible else { return widths }
        var widths = widths
        let excess = widths.reduce(Table.gap * (widths.count - 1), +) - width
        let least = min(Table.leastWidth, widths[flexible])
        if excess > 0 { widths[flexible] = max(least, widths[flexible] - excess) }
        return widths
    }
}
