import OTPCore

/// Prints rows in columns; the first has the headings.
enum Table {
    static func show(_ rows: [[String]]) {
        let shown = rows.map {
            $0.map { String(decoding: LogLine.visible(Array($0.utf8)), as: UTF8.self) }
        }
        let count = shown.map(\.count).max() ?? 0
        let widths = (0..<count).map { column in
            shown.map { $0.indices.contains(column) ? $0[column].count : 0 }.max() ?? 0
        }
        for row in shown {
            var line = ""
            for (column, text) in row.enumerated() {
                line += text
                guard column < row.count - 1 else { break }
                line += String(repeating: " ", count: widths[column] - text.count + 2)
            }
            print(line)
        }
    }

    /// A time in UTC: `2026-11-30 08:15`.
    static func time(_ seconds: UInt64) -> String {
        let civil = CivilTime(seconds)
        return "\(civil.date) \(civil.timeOfDay)"
    }
}
