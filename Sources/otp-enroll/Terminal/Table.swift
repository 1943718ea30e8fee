/// Columns of text, cut so that a row fits the terminal.
struct Table {
    private var rows: [[String]]
    private let flexible: Int?
    private let width: Int

    /// The least that a flexible column is cut to.
    private static let leastWidth = 8

    /// A table with these headings, as wide as `width` columns at most. Where it is wider, the
    /// `flexible` column makes room first, and the ends of the rows after it.
    init(_ headings: [String], flexible: Int? = nil, width: Int = Terminal.outputColumns) {
        rows = [headings]
        self.flexible = flexible
        self.width = width
    }

    /// Adds a row of as many cells.
    mutating func add(_ cells: [String]) { rows.append(cells) }

    /// The rows as text, the headings first.
    var lines: [String] {
        let widths = widths
        return rows.map { row in
            var line = ""
            for (column, cell) in row.enumerated() {
                let cell = column == flexible ? Table.cut(cell, widths[column]) : cell
                line += cell
                guard column < row.count - 1 else { break }
                line += String(repeating: " ", count: widths[column] - cell.count + 2)
            }
            return Table.cut(line, width)
        }
    }

    /// The widths of the columns, the flexible one cut where that helps.
    private var widths: [Int] {
        var widths = [Int](repeating: 0, count: rows.first?.count ?? 0)
        for row in rows {
            for (column, cell) in row.enumerated() where cell.count > widths[column] {
                widths[column] = cell.count
            }
        }
        guard let flexible else { return widths }
        let excess = widths.reduce(2 * (widths.count - 1), +) - width
        let least = min(Table.leastWidth, widths[flexible])
        if excess > 0 { widths[flexible] = max(least, widths[flexible] - excess) }
        return widths
    }

    private static func cut(_ text: String, _ width: Int) -> String {
        text.count <= width ? text : String(text.prefix(max(0, width - 1))) + "+"
    }
}
