/// qrencode(1), for comparison.
public enum QREncode {
    /// The QR code of `text` row by row, `true` for dark, with the weakest error correction and
    /// without a quiet zone.
    public static func squares(_ text: String) async throws -> [[Bool]] {
        let drawing = try await Command.output(
            ["qrencode", "--level=L", "--margin=0", "--type=ASCII", "--output=-"], input: text)
        let rows = drawing.split(separator: "\n").map(Array.init)
        return rows.map { row in stride(from: 0, to: row.count, by: 2).map { row[$0] == "#" } }
    }
}
