/// Columns of text, cut so that a row fits the terminal.
struct Table {
    private var rows: [[String]]
    private let width: Int

    /// A table with these headings, as wide as `width` columns at most.
    init(_ headings: [String], width: Int = Terminal.outputColumns) {
        rows = [headings]
        self.width = width
    }

    /// Adds a row of as many cells.
    mutating func add(_ cells: [String]) { rows.append(cells) }

    /// The rows as text, the headings first.
    var lines: [String] {
        let columns = rows.first?.count ?? 0
        let widths = (0..<columns).map { column in
            rows.map { column < $0.count ? $0[column].count : 0 }.max() ?? 0
        }
        return rows.map { row in
            var line = ""
            for (column, cell) in row.enumerated() {
                line += cell
                guard column < row.count - 1 else { break }
                line += String(repeating: " ", count: widths[column] - cell.count + 2)
            }
            return line.count <= width ? line : String(line.prefix(max(0, width - 1))) + "+"
        }
    }
}
