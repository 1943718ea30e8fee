import OTPCore

/// Draws a QR code with characters, or as a picture.
struct QRDrawing: ~Copyable {
    /// What is drawn.
    let code: QRCode
    /// How.
    let form: QRForm

    /// Squares of light around the code that the standard asks for.
    static let wholeQuietZone = 4
    /// As few as cameras of today still take.
    static let smallQuietZone = 2

    /// How many columns and rows the drawing takes with so many light squares around it.
    func size(quietZone: Int) -> (columns: Int, rows: Int) {
        let side = code.size + 2 * quietZone
        return form == .ascii ? (2 * side, side) : (side, (side + 1) / 2)
    }

    /// The rows of the drawing. They hold the key, and are to be wiped.
    func rows(quietZone: Int) -> [[UInt8]] {
        let range = -quietZone..<code.size + quietZone
        if form == .ascii {
            return range.map { y in
                range.flatMap { x in Array((code.isDark(x, y) ? "  " : "##").utf8) }
            }
        }
        return stride(from: range.lowerBound, to: range.upperBound, by: 2).map { y in
            let blocks = range.flatMap { x in block(!code.isDark(x, y), !code.isDark(x, y + 1)) }
            guard form == .ansi else { return blocks }
            return QRDrawing.whiteOnBlack + blocks + QRDrawing.reset
        }
    }

    /// White and black of the 256 colors: those of the first 16 may be anything.
    private static let whiteOnBlack = Array("\u{1b}[38;5;231;48;5;16m".utf8)
    private static let reset = Array("\u{1b}[0m".utf8)

    /// The character for a light or dark square above another.
    private func block(_ upperIsLight: Bool, _ lowerIsLight: Bool) -> [UInt8] {
        switch (upperIsLight, lowerIsLight) {
        case (true, true): Array("\u{2588}".utf8)
        case (true, false): Array("\u{2580}".utf8)
        case (false, true): Array("\u{2584}".utf8)
        case (false, false): Array(" ".utf8)
        }
    }

    /// The code as an SVG picture. It holds the key, and is to be wiped.
    static func svg(_ code: borrowing QRCode) -> [UInt8] {
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
