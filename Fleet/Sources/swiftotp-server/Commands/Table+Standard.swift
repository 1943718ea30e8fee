import OTPCore

extension Table {
    /// Prints rows in columns; the first has the headings.
    static func show(_ rows: [[String]]) {
        guard let headings = rows.first else { return }
        var table = Table(headings, width: .max)
        for row in rows.dropFirst() { table.add(row.map(visible)) }
        for line in table.plainLines { print(line) }
    }

    private static func visible(_ text: String) -> String {
        String(decoding: LogLine.visible(Array(text.utf8)), as: UTF8.self)
    }

    /// A time in UTC: `2026-11-30 08:15`.
    static func time(_ seconds: UInt64) -> String {
        let civil = CivilTime(seconds)
        return "\(civil.date) \(civil.timeOfDay)"
    }
}
