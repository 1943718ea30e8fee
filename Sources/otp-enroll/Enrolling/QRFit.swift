import OTPCore

/// How a QR code fits on a terminal: how much of its label and margin it has, and where the key is.
struct QRFit: Equatable {
    /// The place of the key.
    enum Place { case beside, below, onNextPage }

    /// What is left out of the label.
    let cut: KeyLabel.Cut
    /// The width of the light margin, in squares.
    let quietZone: Int
    let place: Place

    /// The columns and rows that something takes or has.
    typealias Size = (columns: Int, rows: Int)

    /// The attempts, the best first: a label is shortened before the margin becomes narrower than
    /// cameras like.
    private static let steps =
        [(KeyLabel.Cut.nothing, QRDrawing.wholeQuietZone)]
        + KeyLabel.Cut.allCases.map { ($0, QRText.quietZone) }
        + KeyLabel.Cut.allCases.map { ($0, QRText.leastQuietZone) }

    /// The best one that fits; `nil` for none. `size` is that of a code with a quiet zone, and
    /// `place` tells where the key fits next to a code of that size, if anywhere.
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

    /// The smallest terminal that a code fits on, with the key on the next page.
    static func least(_ size: (KeyLabel.Cut, Int) -> Size?) -> Size? {
        guard let code = size(.most, QRText.leastQuietZone) else { return nil }
        return (code.columns, code.rows + questionRows(in: code.columns))
    }

    /// The rows of the question below a code, including the typed answer.
    private static func questionRows(in columns: Int) -> Int {
        let length = Columns.count(EnrollmentScreen.pictureQuestion) + 8
        return (length + columns - 1) / max(1, columns)
    }
}
