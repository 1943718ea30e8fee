import OTPCore

// Tables on stdout: as wide as the terminal, in its colors.
extension Table {
    /// A table that fits stdout.
    init(_ headings: [String], flexible: Int? = nil) {
        self.init(headings, flexible: flexible, width: Terminal.outputColumns)
    }

    /// The rows as text, the headings first.
    var lines: [String] {
        var lines: [String] = []
        forEachLine(painting: { $0.painted($1) }, { lines.append($0) })
        return lines
    }

    /// Writes the rows to stdout.
    func print() throws {
        var piece: [UInt8] = []
        try forEachLine(
            painting: { $0.painted($1) },
            { line in
                piece += (line + "\n").utf8
                if piece.count >= 65_536 { try Output.write(&piece) }
            })
        try Output.write(&piece)
    }
}
