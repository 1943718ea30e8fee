import OTPCore

// The screen of a terminal that shows pictures. Text next to a picture is positioned with the
// cursor, since spaces would erase the picture.

extension EnrollmentScreen {
    /// The screen with a picture on it.
    func view(
        _ picture: TerminalPicture, _ code: consuming QRSquares, _ fit: QRFit, message: String?
    ) -> [UInt8] {
        let size = picture.size(of: code.size, quietZone: fit.quietZone)
        var drawing = picture.sequence(of: code, quietZone: fit.quietZone)
        defer { Secret.wipe(&drawing) }
        var screen: [UInt8] = []
        // Room for all of it: an array that grows leaves a copy behind.
        screen.reserveCapacity(drawing.count + 65_536)
        screen += drawing
        switch fit.place {
        case .beside:
            let text = scanned(width(beside: size), message)
            put(text, row: 1, column: size.columns + EnrollmentScreen.gap + 1, on: &screen)
            put(EnrollmentScreen.question, row: max(size.rows, text.count) + 1, on: &screen)
        case .below:
            let text = scanned(terminal.columns - 1, message)
            put(text, row: size.rows + 1, column: 1, on: &screen)
            put(EnrollmentScreen.question, row: size.rows + text.count + 1, on: &screen)
        case .onNextPage:
            put(EnrollmentScreen.pictureQuestion, row: size.rows + 1, on: &screen)
        }
        return screen
    }

    private func put(_ lines: [String], row: Int, column: Int, on screen: inout [UInt8]) {
        for (index, line) in lines.enumerated() where !line.isEmpty {
            screen += "\u{1b}[\(row + index);\(column)H\(line)".utf8
        }
    }

    private func put(_ line: String, row: Int, on screen: inout [UInt8]) {
        put([line], row: row, column: 1, on: &screen)
    }
}
