import OTPCore

/// How a QR code has room on a terminal: with how much of its label, how much light around it, and
/// where the key stands.
struct QRFit: Equatable {
    /// Where the key stands.
    enum Place { case beside, below, onNextPage }

    /// What is left out of the label.
    let cut: KeyLabel.Cut
    /// Squares of light around the code.
    let quietZone: Int
    let place: Place

    /// How many columns and rows something takes, or has.
    typealias Size = (columns: Int, rows: Int)

    /// What is tried, the best first: a label is made shorter before the light is made narrower than
    /// cameras like it.
    private static let steps =
        [(KeyLabel.Cut.nothing, QRDrawing.wholeQuietZone)]
        + KeyLabel.Cut.allCases.map { ($0, QRText.quietZone) }
        + KeyLabel.Cut.allCases.map { ($0, QRText.leastQuietZone) }

    /// The best that has room; `nil` for none. `size` is that of a code with a quiet zone, and `place`
    /// says where the key has room beside a code of a size, if anywhere.
    init?(
        in terminal: Size, _ size: (KeyLabel.Cut, Int) -> Size?, _ place: (Size) -> Place?
    ) {
        for (cut, zone) in QRFit.steps {
            guard let size = size(cut, zone), let place = place(size) else { continue }
            (self.cut, quietZone, self.place) = (cut, zone, place)
            return
        }
        for (cut, zone) in QRFit.steps {
            guard let size = size(cut, zone), size.columns <= terminal.columns,
                size.rows + QRFit.questionRows(in: terminal.columns) <= terminal.rows
            else { continue }
            (self.cut, quietZone, self.place) = (cut, zone, .onNextPage)
            return
        }
        return nil
    }

    /// The size of the smallest terminal that a code has room on, with the key on the next page.
    static func least(_ size: (KeyLabel.Cut, Int) -> Size?) -> Size? {
        guard let code = size(.most, QRText.leastQuietZone) else { return nil }
        return (code.columns, code.rows + questionRows(in: code.columns))
    }

    /// How many rows the question below a code takes, with what is typed there.
    private static func questionRows(in columns: Int) -> Int {
        let length = Columns.count(EnrollmentScreen.pictureQuestion) + 8
        return (length + columns - 1) / max(1, columns)
    }
}
