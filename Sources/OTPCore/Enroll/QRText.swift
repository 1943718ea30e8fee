/// Draws QR codes with characters, without bytes that a program on the way to the terminal would
/// change: ssh shows a server's escape sequences as text.
public enum QRText {
    /// Which characters, and for which terminal colors.
    public enum Form: Sendable {
        /// Half blocks, for light text on a dark background.
        case blocks
        /// Half blocks, for dark text on a light background.
        case invertedBlocks
        /// Two ASCII characters per square, for light text on a dark background.
        case ascii
    }

    /// Light squares around the code: as few as today's cameras accept.
    public static let quietZone = 2
    /// The least that most cameras accept, if there is no room for more.
    public static let leastQuietZone = 1

    /// The code as rows separated by newlines. They contain the key, and must be wiped.
    public static func draw(
        _ squares: borrowing QRSquares, as form: Form, quietZone: Int
    ) -> [UInt8] {
        let size = size(of: squares.size, as: form, quietZone: quietZone)
        var text: [UInt8] = []
        // Room for all of it: an array that grows leaves a copy behind.
        text.reserveCapacity(size.rows * (rowCapacity(size.columns, form) + 1))
        for row in 0..<size.rows {
            if row > 0 { text.append(UInt8(ascii: "\n")) }
            append(row: row, of: squares, as: form, quietZone: quietZone, to: &text)
        }
        return text
    }

    /// The columns and rows of a code with `side` squares per row and a quiet zone.
    public static func size(
        of side: Int, as form: Form, quietZone: Int
    ) -> (columns: Int, rows: Int) {
        let whole = side + 2 * quietZone
        return form == .ascii ? (2 * whole, whole) : (whole, (whole + 1) / 2)
    }

    /// The most bytes in a row of this many columns.
    public static func rowCapacity(_ columns: Int, _ form: Form) -> Int {
        form == .ascii ? columns : 3 * columns
    }

    /// Appends one row of the drawing, counted from 0, without a newline. The caller wipes it.
    public static func append(
        row: Int, of squares: borrowing QRSquares, as form: Form, quietZone: Int,
        to text: inout [UInt8]
    ) {
        let y = (form == .ascii ? row : 2 * row) - quietZone
        for x in -quietZone..<squares.size + quietZone {
            switch form {
            case .ascii:
                let character = UInt8(ascii: squares.isDark(x, y) ? " " : "#")
                text.append(character)
                text.append(character)
            case .blocks:
                append(block: !squares.isDark(x, y), !squares.isDark(x, y + 1), to: &text)
            case .invertedBlocks:
                append(block: squares.isDark(x, y), squares.isDark(x, y + 1), to: &text)
            }
        }
    }

    /// Appends the character whose upper and lower half are filled or not.
    private static func append(block upper: Bool, _ lower: Bool, to text: inout [UInt8]) {
        guard upper || lower else { return text.append(UInt8(ascii: " ")) }
        // U+2580, U+2584 and U+2588 in UTF-8.
        text.append(0xe2)
        text.append(0x96)
        text.append(upper ? (lower ? 0x88 : 0x80) : 0x84)
    }
}
