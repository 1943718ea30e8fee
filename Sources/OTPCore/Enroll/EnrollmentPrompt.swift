/// What a login shows to enroll a device: the QR code, the key to type, and the question for its
/// first code, in one prompt. It begins with a newline and has no escapes, because every ssh passes
/// that on. If a client shows it on one line, words stay separated.
struct EnrollmentPrompt: ~Copyable {
    /// The columns that every terminal has.
    static let columns = 80
    /// The rows for a QR code in a terminal of 24, which leave room for the key, what happens to
    /// it, and the question.
    static let rows = 21

    /// The device's settings.
    let authenticator: Authenticator
    /// Its key.
    let key: Secret
    /// What apps show next to its codes.
    let label: KeyLabel
    /// What the device is enrolled for.
    let purpose: EnrollmentPurpose
    /// A phrase in the current language.
    let words: (Phrase) -> String

    /// A question, which must be wiped.
    struct Question {
        var text: [UInt8]
        /// Whether it contains a QR code.
        let hasPicture: Bool
    }

    /// The whole question.
    func question(_ encoder: some QREncoder, as form: QRText.Form?) -> Question {
        var text: [UInt8] = []
        // In one step, so that growing leaves no copies behind.
        text.reserveCapacity(16_384)
        text.append("\n")
        let introduction = text.count
        if let form, var drawing = draw(encoder, as: form) {
            defer { Secret.wipe(&drawing.text) }
            introduce(hasPicture: true, into: &text)
            text.append(copying: drawing.text.span)
            text.append("\n")
            if drawing.rows > EnrollmentPrompt.rows {
                // What is above has left the screen.
                let rows = drawing.rows + 3
                append(
                    Phrase("(To see the whole QR code, make the window \(rows) rows high.)"),
                    to: &text)
            }
        }
        let hasPicture = text.count > introduction
        if !hasPicture { introduce(hasPicture: false, into: &text) }
        appendKey(to: &text)
        appendFate(to: &text)
        appendQuestion(hasPicture: hasPicture, to: &text)
        return Question(text: text, hasPicture: hasPicture)
    }

    /// The prompt without what was shown before.
    func again(_ said: Phrase, hasPicture: Bool) -> Question {
        var text: [UInt8] = []
        text.append("\n")
        append(said, to: &text)
        appendQuestion(hasPicture: hasPicture, to: &text)
        return Question(text: text, hasPicture: hasPicture)
    }

    // MARK: The parts

    private func introduce(hasPicture: Bool, into text: inout [UInt8]) {
        let user = String(decoding: LogLine.visible(label.user).prefix(20), as: UTF8.self)
        append(
            hasPicture
                ? Phrase("Scan this with an authenticator app, or type the key, for \(user):")
                : Phrase("In an authenticator app, type this key (time based) for \(user):"),
            to: &text)
    }

    private func appendKey(to text: inout [UInt8]) {
        var symbols = key.withBytes { Base32.encode($0) }
        defer { Secret.wipe(&symbols) }
        text.append(contentsOf: words(Phrase("Key:")).utf8)
        for (position, symbol) in symbols.enumerated() {
            if position % 4 == 0 { text.append(UInt8(ascii: " ")) }
            text.append(symbol)
        }
        text.append(contentsOf: UserText.lineEnd.utf8)
    }

    private func appendFate(to text: inout [UInt8]) {
        let name = authenticator.name.text
        switch purpose {
        case .first: break
        case .beside: append(Phrase("It will be called \"\(name)\" here."), to: &text)
        case .replacement:
            append(Phrase("It replaces \"\(name)\", which stops working."), to: &text)
        }
    }

    /// A line, or two where a language needs more than the terminal's width.
    private func append(_ line: Phrase, to text: inout [UInt8]) {
        for part in Columns.wrapped(words(line), to: EnrollmentPrompt.columns - 1) {
            text.append(contentsOf: (part + UserText.lineEnd).utf8)
        }
    }

    private func appendQuestion(hasPicture: Bool, to text: inout [UInt8]) {
        let question =
            switch (hasPicture, purpose.canBePutOff) {
            case (true, true):
                Phrase("Code shown by the app (i: invert, a: ASCII, Enter: later):")
            case (true, false): Phrase("Code shown by the app (i: invert, a: ASCII):")
            case (false, true): Phrase("Code shown by the app (Enter: later):")
            case (false, false): Phrase("Code shown by the app:")
            }
        text.append(contentsOf: (words(question) + " ").utf8)
    }

    /// The QR code in a size that fits every terminal: first its label is shortened, then the light
    /// margin is narrowed. In ASCII it is higher than 24 rows in any case. Whatever the names of
    /// user and machine, one of these fits next to the key (`KeyLabel.after`); `nil` if none can be
    /// made. Must be wiped.
    private func draw(
        _ encoder: some QREncoder, as form: QRText.Form
    ) -> (text: [UInt8], rows: Int)? {
        for zone in [QRText.quietZone, QRText.leastQuietZone] {
            for cut in KeyLabel.Cut.allCases {
                let uri = key.withBytes {
                    KeyURI.make(authenticator, key: $0, label: label, cut: cut)
                }
                guard let uri, let squares = encoder.encode(uri) else { return nil }
                let size = QRText.size(of: squares.size, as: form, quietZone: zone)
                guard size.columns <= EnrollmentPrompt.columns,
                    form == .ascii || size.rows <= EnrollmentPrompt.rows
                else { continue }
                return (QRText.draw(squares, as: form, quietZone: zone), size.rows)
            }
        }
        return nil
    }
}
