import OTPCore

/// What the screen shows while a new authenticator waits for its first code: the QR code, complete
/// or not at all, the key to type, and messages. If they do not fit together, each is a page of its
/// own.
struct EnrollmentScreen {
    /// The user who is being enrolled.
    let user: String
    /// The key in groups of four.
    let keyGroups: [String]
    /// What else an app asks for when the key is typed.
    let settings: [String]
    /// What the user should know first.
    let notices: [String]
    /// Columns and rows of the terminal.
    let terminal: QRFit.Size

    /// The columns that text next to a QR code needs.
    private static let leastTextWidth = 20
    static let gap = 2

    /// One of two pages, if there are two.
    enum Page { case picture, key }

    /// The contents: text, which must be wiped, and whether there is another page.
    struct View {
        var text: [UInt8]
        let hasPages: Bool
    }

    /// The whole screen; `message` is about the last answer. The first of the `looks` that fits
    /// next to the key is used.
    func view(_ codes: QRCodes?, _ looks: [QRLook], page: Page, message: String?) -> View {
        guard let codes else { return View(text: plain(message, notes: []), hasPages: false) }
        let fits = looks.compactMap { look in
            QRFit(in: terminal, { codes.size($0, quietZone: $1, as: look) }) {
                place(beside: $0, message)
            }.map { (look: look, fit: $0) }
        }
        let best =
            fits.first { $0.fit.place != .onNextPage && $0.fit.cut == .nothing }
            ?? fits.first { $0.fit.place != .onNextPage } ?? fits.first
        guard let (look, fit) = best, let code = codes.code(fit.cut) else {
            return View(text: plain(message, notes: tooSmall(codes, looks)), hasPages: false)
        }
        let hasPages = fit.place == .onNextPage
        if hasPages && page == .key { return View(text: keyPage(message), hasPages: true) }
        switch look {
        case .picture(let picture):
            return View(
                text: view(picture, code, fit, message: message), hasPages: hasPages)
        case .characters(let form):
            let drawing = QRDrawing(code: code, form: form)
            let zone = fit.quietZone
            let text =
                switch fit.place {
                case .beside: beside(drawing, zone, message)
                case .below: above(drawing, zone, message)
                case .onNextPage: picturePage(drawing, zone)
                }
            return View(text: text, hasPages: hasPages)
        }
    }

    // MARK: Layouts

    private func place(beside size: QRFit.Size, _ message: String?) -> QRFit.Place? {
        let width = width(beside: size)
        if width >= EnrollmentScreen.leastTextWidth,
            max(size.rows, scanned(width, message).count) < terminal.rows
        {
            return .beside
        }
        let text = scanned(terminal.columns - 1, message)
        return size.columns <= terminal.columns && size.rows + text.count < terminal.rows
            ? .below : nil
    }

    /// The width of text next to a QR code. The right margin stays free: some terminals wrap if it
    /// is written to.
    func width(beside size: QRFit.Size) -> Int {
        terminal.columns - size.columns - EnrollmentScreen.gap - 1
    }

    private func beside(
        _ drawing: borrowing QRDrawing, _ zone: Int, _ message: String?
    ) -> [UInt8] {
        let size = drawing.size(quietZone: zone)
        let text = scanned(width(beside: size), message)
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
        return screen + EnrollmentScreen.question.utf8
    }

    private func above(
        _ drawing: borrowing QRDrawing, _ zone: Int, _ message: String?
    ) -> [UInt8] {
        var screen = EnrollmentScreen.empty()
        append(drawing, zone, to: &screen)
        append(scanned(terminal.columns - 1, message), to: &screen)
        return screen + EnrollmentScreen.question.utf8
    }

    private func picturePage(_ drawing: borrowing QRDrawing, _ zone: Int) -> [UInt8] {
        var screen = EnrollmentScreen.empty()
        append(drawing, zone, to: &screen)
        return screen + EnrollmentScreen.pictureQuestion.utf8
    }

    private func keyPage(_ message: String?) -> [UInt8] {
        var screen = EnrollmentScreen.empty()
        let notices = notices + [EnrollmentScreen.endOfPages]
        append(typed(terminal.columns - 1, message, notices), to: &screen)
        return screen + EnrollmentScreen.keyQuestion.utf8
    }

    private func plain(_ message: String?, notes: [String]) -> [UInt8] {
        var screen = EnrollmentScreen.empty()
        let width = terminal.columns - 1
        append(notes.flatMap { Words.wrapped($0, width) }, to: &screen)
        if !notes.isEmpty { screen.append(UInt8(ascii: "\n")) }
        append(typed(width, message, notices + [EnrollmentScreen.end]), to: &screen)
        return screen + EnrollmentScreen.question.utf8
    }

    private func append(
        _ drawing: borrowing QRDrawing, _ zone: Int, to screen: inout [UInt8]
    ) {
        var code = drawing.rows(quietZone: zone)
        for row in code.indices {
            screen += code[row]
            screen.append(UInt8(ascii: "\n"))
            Secret.wipe(&code[row])
        }
    }

    private func append(_ lines: [String], to screen: inout [UInt8]) {
        for line in lines { screen += (line + "\n").utf8 }
    }

    /// A buffer that does not move as it grows, so that no copies are left behind.
    static func empty() -> [UInt8] {
        var screen: [UInt8] = []
        screen.reserveCapacity(65_536)
        return screen
    }

    // MARK: Text

    /// The text on a page with a QR code.
    func scanned(_ width: Int, _ message: String?) -> [String] {
        lines(
            Phrase("Enrolling \(user): scan this QR code with an authenticator app."),
            Phrase("Or type the key:"), width, message, notices + [EnrollmentScreen.end])
    }

    /// The text on a page without one.
    private func typed(_ width: Int, _ message: String?, _ notices: [String]) -> [String] {
        lines(
            Phrase("Enrolling \(user): add an account to an authenticator app."),
            Phrase("The key:"), width, message, notices)
    }

    private func lines(
        _ title: Phrase, _ keyTitle: Phrase, _ width: Int, _ message: String?, _ notices: [String]
    ) -> [String] {
        var lines = Words.wrapped(title.text, width) + [""]
        lines += Words.wrapped(keyTitle.text, width) + keyLines(width)
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
        return stride(from: 0, to: keyGroups.count, by: perLine).map { start in
            let groups = keyGroups[start..<min(start + perLine, keyGroups.count)]
            return "  " + groups.joined(separator: " ")
        }
    }

    static var question: String { Phrase("Code shown by the app:").text + " " }
    /// The question below a QR code without its key.
    static var pictureQuestion: String {
        Phrase("Code shown by the app (Return: the key to type):").text + " "
    }
    private static var keyQuestion: String {
        Phrase("Code shown by the app (Return: the QR code):").text + " "
    }

    private static var end: String {
        Phrase("Press Return alone to give up; nothing is saved then.").text
    }
    private static var endOfPages: String {
        Phrase("Press Ctrl-C to give up; nothing is saved then.").text
    }

    /// What would help if no QR code fits.
    private func tooSmall(_ codes: QRCodes, _ looks: [QRLook]) -> [String] {
        func need(_ look: QRLook) -> QRFit.Size? {
            QRFit.least { codes.size($0, quietZone: $1, as: look) }
        }
        guard let look = looks.last, let least = need(look) else { return [] }
        let (columns, rows) = terminal
        var notes = [
            Phrase(
                """
                A QR code needs a terminal of \(least.columns) x \(least.rows), and this one has \
                \(columns) x \(rows).
                """)
        ]
        if case .characters(.ascii) = look, let half = need(.characters(.utf8)) {
            notes.append(
                Machine.speaksUTF8
                    ? Phrase("--qr utf8 needs \(half.columns) x \(half.rows).")
                    : Phrase(
                        """
                        --qr utf8 needs \(half.columns) x \(half.rows), and works on most terminals, \
                        whatever LANG says.
                        """))
        }
        notes.append(Phrase("--qr-file FILE writes the QR code to a file."))
        return notes.map(\.text)
    }
}
