import OTPCore

/// The screen while a new authenticator waits for its first code: the QR code, complete or not at
/// all, the key to type, and any messages.
struct EnrollmentScreen {
    /// What it is about.
    let title: String
    /// What to do with the key.
    let keyTitle: String
    /// The key in groups of four.
    let keyGroups: [String]
    /// What else an app asks for when the key is typed.
    let settings: [String]
    /// What the user should know first.
    let notices: [String]
    /// The question at the end.
    let question: String

    /// The columns that text next to a QR code needs.
    private static let leastTextWidth = 20
    private static let gap = 2

    /// The whole screen, in `columns` and `rows`; `message` is about the last answer. The caller
    /// wipes it.
    func text(
        _ drawing: borrowing QRDrawing?, columns: Int, rows: Int, message: String?
    ) -> [UInt8] {
        let zones = [QRDrawing.wholeQuietZone, QRDrawing.smallQuietZone]
        switch drawing {
        case .some(let drawing):
            for zone in zones {
                let size = drawing.size(quietZone: zone)
                // The right margin stays free: some terminals wrap if it is written to.
                let width = columns - size.columns - EnrollmentScreen.gap - 1
                if width >= EnrollmentScreen.leastTextWidth {
                    let text = lines(width: width, message: message)
                    if max(size.rows, text.count) < rows {
                        return beside(drawing, zone, text)
                    }
                }
                let text = lines(width: columns - 1, message: message)
                if size.columns <= columns, size.rows + text.count < rows {
                    return above(drawing, zone, text)
                }
            }
            return plain(columns, message, note: tooSmall(drawing, columns, rows))
        case .none: return plain(columns, message, note: nil)
        }
    }

    // MARK: Layouts

    private func beside(
        _ drawing: borrowing QRDrawing, _ zone: Int, _ text: [String]
    ) -> [UInt8] {
        let size = drawing.size(quietZone: zone)
        var code = drawing.rows(quietZone: zone)
        var screen = EnrollmentScreen.empty()
        for row in 0..<max(code.count, text.count) {
            if row < code.count {
                screen += code[row]
                Secret.wipe(&code[row])
            } else {
                screen += Array(repeating: UInt8(ascii: " "), count: size.columns)
            }
            if row < text.count, !text[row].isEmpty {
                screen += Array(repeating: UInt8(ascii: " "), count: EnrollmentScreen.gap)
                screen += text[row].utf8
            }
            screen.append(UInt8(ascii: "\n"))
        }
        return screen + question.utf8
    }

    private func above(
        _ drawing: borrowing QRDrawing, _ zone: Int, _ text: [String]
    ) -> [UInt8] {
        var code = drawing.rows(quietZone: zone)
        var screen = EnrollmentScreen.empty()
        for row in code.indices {
            screen += code[row]
            screen.append(UInt8(ascii: "\n"))
            Secret.wipe(&code[row])
        }
        for line in text { screen += (line + "\n").utf8 }
        return screen + question.utf8
    }

    private func plain(_ columns: Int, _ message: String?, note: String?) -> [UInt8] {
        var screen = EnrollmentScreen.empty()
        if let note {
            for line in Words.wrapped(note, columns - 1) { screen += (line + "\n").utf8 }
        }
        for line in lines(width: columns - 1, message: message) { screen += (line + "\n").utf8 }
        return screen + question.utf8
    }

    /// A buffer that does not move as it grows, so that no copies are left behind.
    private static func empty() -> [UInt8] {
        var screen: [UInt8] = []
        screen.reserveCapacity(65_536)
        return screen
    }

    // MARK: Text

    private func lines(width: Int, message: String?) -> [String] {
        var lines = Words.wrapped(title, width) + [""]
        lines += keyLines(width)
        lines += [""] + settings.flatMap { Words.wrapped($0, width) }
        // A message replaces the text that was already read, so that the QR code stays.
        for text in message.map({ [$0] }) ?? notices {
            lines += [""] + Words.wrapped(text, width)
        }
        return lines
    }

    /// The key, four groups per line if there is room.
    private func keyLines(_ width: Int) -> [String] {
        let perLine = width >= 21 ? 4 : 2
        let starts = stride(from: 0, to: keyGroups.count, by: perLine)
        return [keyTitle]
            + starts.map { start in
                let groups = keyGroups[start..<min(start + perLine, keyGroups.count)]
                return "  " + groups.joined(separator: " ")
            }
    }

    private func tooSmall(
        _ drawing: borrowing QRDrawing, _ columns: Int, _ rows: Int
    ) -> String {
        let size = drawing.size(quietZone: QRDrawing.smallQuietZone)
        let width = size.columns + EnrollmentScreen.gap + EnrollmentScreen.leastTextWidth + 1
        let advice =
            drawing.form == .ascii && Machine.speaksUTF8 ? " (--qr ansi is smaller)" : ""
        return "The QR code needs a terminal of \(width) columns and \(size.rows + 1) rows"
            + "\(advice), and this one has \(columns) and \(rows). Type the key instead."
    }
}
