/// Columns of text, cut so that a row fits the terminal.
struct Table {
    /// All cells, one after the other, each with a newline behind it: a list of rows of strings
    /// would take several times as much for very many.
    private var cells: [UInt8] = []
    /// How wide each column is.
    private var widths: [Int]
    private let flexible: Int?
    private let width: Int

    /// The least that a flexible column is cut to.
    private static let leastWidth = 8

    /// A table with these headings, as wide as `width` columns at most. Where it is wider, the
    /// `flexible` column makes room first, and the ends of the rows after it.
    init(_ headings: [String], flexible: Int? = nil, width: Int = Terminal.outputColumns) {
        widths = [Int](repeating: 0, count: headings.count)
        self.flexible = flexible
        self.width = width
        add(headings)
    }

    /// Adds a row of as many cells, which have no newlines.
    mutating func add(_ row: [String]) {
        for (column, cell) in zip(widths.indices, row) {
            widths[column] = max(widths[column], cell.count)
            cells += cell.utf8
            cells.append(UInt8(ascii: "\n"))
        }
    }

    /// The rows as text, the headings first.
    var lines: [String] {
        var lines: [String] = []
        forEachLine { lines.append($0) }
        return lines
    }

    /// Writes the rows to stdout.
    func print() throws {
        var piece: [UInt8] = []
        try forEachLine { line in
            piece += (line + "\n").utf8
            if piece.count >= 65_536 { try Output.write(&piece) }
        }
        try Output.write(&piece)
    }

    private func forEachLine(_ body: (String) throws -> Void) rethrows {
        let widths = fittingWidths
        var (line, column, start) = ("", 0, 0)
        for index in cells.indices where cells[index] == UInt8(ascii: "\n") {
            var cell = String(decoding: cells[start..<index], as: UTF8.self)
            start = index + 1
            if column == flexible { cell = Table.cut(cell, widths[column]) }
            line += cell
            if column < widths.count - 1 {
                line += String(repeating: " ", count: widths[column] - cell.count + 2)
                column += 1
            } else {
                try body(Table.cut(line, width))
                (line, column) = ("", 0)
            }
        }
    }

    /// The widths of the columns, the flexible one cut where that helps.
    private var fittingWidths: [Int] {
        guard let flexible else { return widths }
        var widths = widths
        let excess = widths.reduce(2 * (widths.count - 1), +) - width
        let least = min(Table.leastWidth, widths[flexible])
        if excess > 0 { widths[flexible] = max(least, widths[flexible] - excess) }
        return widths
    }

    private static func cut(_ text: String, _ width: Int) -> String {
        text.count <= width ? text : String(text.prefix(max(0, width - 1))) + "+"
    }
}
