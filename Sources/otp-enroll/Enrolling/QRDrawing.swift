import OTPCore

/// Draws a QR code with characters, or as a picture.
struct QRDrawing: ~Copyable {
    /// The code to draw.
    let code: QRSquares
    /// How.
    let form: QRForm

    /// Light squares around the code, as the standard requires.
    static let wholeQuietZone = 4
    /// The columns and rows of the drawing with this many light squares around it.
    func size(quietZone: Int) -> (columns: Int, rows: Int) {
        QRText.size(of: code.size, as: form.text, quietZone: quietZone)
    }

    /// The rows of the drawing. They contain the key, so the caller wipes them.
    func rows(quietZone: Int) -> [[UInt8]] {
        let (columns, rows) = size(quietZone: quietZone)
        let start = form == .ansi ? QRDrawing.whiteOnBlack : []
        let end = form == .ansi ? QRDrawing.reset : []
        return (0..<rows).map { row in
            var line: [UInt8] = []
            // Room for all of it: an array that grows leaves a copy behind.
            line.reserveCapacity(
                start.count + QRText.rowCapacity(columns, form.text) + end.count)
            line += start
            QRText.append(row: row, of: code, as: form.text, quietZone: quietZone, to: &line)
            line += end
            return line
        }
    }

    /// White and black of the 256 colors: the first 16 may be anything.
    private static let whiteOnBlack = Array("\u{1b}[38;5;231;48;5;16m".utf8)
    private static let reset = Array("\u{1b}[0m".utf8)

    /// The code as an SVG picture. It contains the key, so the caller wipes it.
    static func svg(_ code: borrowing QRSquares) -> [UInt8] {
        let quiet = wholeQuietZone
        let side = code.size + 2 * quiet
        var svg: [UInt8] = []
        svg.reserveCapacity(65_536)
        svg +=
            """
            <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 \(side) \(side)" \
            width="\(side * 8)" height="\(side * 8)" shape-rendering="crispEdges">
            <rect width="\(side)" height="\(side)" fill="#fff"/>
            <path fill="#000" d="
            """.utf8
        for y in 0..<code.size {
            for x in 0..<code.size where code.isDark(x, y) {
                svg += "M\(x + quiet) \(y + quiet)h1v1h-1z".utf8
            }
        }
        svg += "\"/>\n</svg>\n".utf8
        return svg
    }
}
