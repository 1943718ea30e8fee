import OTPCore

/// A way in which this terminal shows pictures, and their size on it.
struct TerminalPicture {
    /// The protocol.
    enum Form {
        /// kitty's graphics protocol.
        case kitty
        /// iTerm2's inline images.
        case inline
        case sixel
    }

    let form: Form
    /// The size of a character.
    let cell: TerminalCell
    /// Pixels along a square of the code.
    let scale: Int

    /// What the terminal has answered that it supports, the larger picture first; empty if nothing.
    static func all(by answers: TerminalAnswers) -> [TerminalPicture] {
        let form: Form? =
            answers.hasKitty
            ? .kitty : answers.hasInline ? .inline : answers.hasSixel ? .sixel : nil
        guard let form, let cell = answers.cell ?? Terminal.cell else { return [] }
        // Half blocks have two squares per character height.
        return [max(4, cell.height * 3 / 8), max(3, cell.height / 4)].map {
            TerminalPicture(form: form, cell: cell, scale: $0)
        }
    }

    /// The columns and rows of a code with `side` squares per row.
    func size(of side: Int, quietZone: Int) -> QRFit.Size {
        let pixels = QRPixels.side(of: side, quietZone: quietZone, scale: scale)
        let height = form == .sixel ? pixels + QRPixels.band - 1 : pixels
        return (
            (pixels + cell.width - 1) / cell.width, (height + cell.height - 1) / cell.height
        )
    }

    /// The sequence that draws a code at the cursor. Must be wiped.
    func sequence(of squares: consuming QRSquares, quietZone: Int) -> [UInt8] {
        let size = size(of: squares.size, quietZone: quietZone)
        let pixels = QRPixels(squares, quietZone: quietZone, scale: scale)
        guard form != .sixel else { return pixels.sixels }
        var file = pixels.png
        defer { Secret.wipe(&file) }
        var text = Base64.encode(file.span, isPadded: true)
        defer { Secret.wipe(&text) }
        return form == .kitty
            ? TerminalPicture.kitty(text) : TerminalPicture.inline(text, file.count, size)
    }

    /// The sequence that removes a picture from the terminal's memory, if one is kept there.
    var removal: String {
        form == .kitty ? "\u{1b}_Ga=d,d=I,i=\(TerminalPicture.number),q=2\u{1b}\\" : ""
    }

    // MARK: Protocols

    /// The number of our picture.
    private static let number = 31

    /// In pieces of 4096 bytes. No answer is requested, as it would be taken for typed text, and
    /// the cursor does not move.
    private static func kitty(_ text: [UInt8]) -> [UInt8] {
        let length = 4096
        var sequence: [UInt8] = []
        sequence.reserveCapacity(text.count + 64 * (text.count / length + 1))
        for start in stride(from: 0, to: text.count, by: length) {
            let end = min(start + length, text.count)
            let more = end < text.count ? "m=1" : "m=0"
            let keys = start == 0 ? "a=T,f=100,i=\(number),q=2,C=1,\(more)" : more
            sequence += "\u{1b}_G\(keys);".utf8
            sequence += text[start..<end]
            sequence += "\u{1b}\\".utf8
        }
        return sequence
    }

    private static func inline(_ text: [UInt8], _ count: Int, _ size: QRFit.Size) -> [UInt8] {
        let keys =
            "inline=1;size=\(count);width=\(size.columns);height=\(size.rows);preserveAspectRatio=1"
        var sequence: [UInt8] = []
        sequence.reserveCapacity(text.count + keys.utf8.count + 32)
        sequence += "\u{1b}]1337;File=\(keys):".utf8
        sequence += text
        sequence.append(0x07)
        return sequence
    }
}
