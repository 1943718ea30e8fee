/// What a login shows to enroll a device: the QR code, the key to type, and the question for its
/// first code, in one prompt that begins with a newline and has no escapes, which is the form that
/// every ssh hands on. Where a client shows it in one line, its words stay apart.
struct EnrollmentPrompt: ~Copyable {
    /// The columns that every terminal has.
    static let columns = 80
    /// The rows for a picture that leave every terminal, which has 24, those of the key, of what
    /// becomes of it, and of the question.
    static let rows = 21

    /// What the device is to be.
    let authenticator: Authenticator
    /// Its key.
    let key: Secret
    /// What apps show beside its codes.
    let label: KeyLabel
    /// What becomes of it here.
    let purpose: EnrollmentPurpose

    /// A question, which is to be wiped.
    struct Question {
        var text: [UInt8]
        /// Whether a QR code is in it.
        let hasPicture: Bool
    }

    /// The whole question.
    func question(_ encoder: some QREncoder, as form: QRText.Form?) -> Question {
        var text: [UInt8] = []
        // At once, so that growing leaves no copies behind.
        text.reserveCapacity(16_384)
        text.append("\n")
        let introduction = text.count
        if let form, var drawing = draw(encoder, as: form) {
            defer { Secret.wipe(&drawing.text) }
            introduce(hasPicture: true, into: &text)
            text.append(copying: drawing.text.span)
            text.append("\n")
            if drawing.rows > EnrollmentPrompt.rows {
                append(EnrollmentPrompt.isHigh(drawing.rows), to: &text)
            }
        }
        let hasPicture = text.count > introduction
        if !hasPicture { introduce(hasPicture: false, into: &text) }
        appendKey(to: &text)
        append(EnrollmentPrompt.fate(of: authenticator.name, purpose), to: &text)
        appendQuestion(hasPicture: hasPicture, to: &text)
        return Question(text: text, hasPicture: hasPicture)
    }

    /// The question without what was shown before.
    func again(_ said: StaticString, hasPicture: Bool) -> Question {
        var text: [UInt8] = []
        text.append("\n")
        text.append(said)
        append(UserText.lineEnd, to: &text)
        appendQuestion(hasPicture: hasPicture, to: &text)
        return Question(text: text, hasPicture: hasPicture)
    }

    // MARK: The parts

    private func introduce(hasPicture: Bool, into text: inout [UInt8]) {
        text.append(
            hasPicture
                ? "Scan this with an authenticator app, or type the key, for "
                : "In an authenticator app, type this key (time based) for ")
        text.append(contentsOf: LogLine.visible(label.user).prefix(20))
        append(":" + UserText.lineEnd, to: &text)
    }

    /// What to do where the upper part of the QR code has left the screen.
    private static func isHigh(_ rows: Int) -> String {
        "(To see the whole QR code, make the window \(rows + 3) rows high.)" + UserText.lineEnd
    }

    private func appendKey(to text: inout [UInt8]) {
        var symbols = key.withBytes { Base32.encode($0) }
        defer { Secret.wipe(&symbols) }
        text.append("Key:")
        for (position, symbol) in symbols.enumerated() {
            if position % 4 == 0 { text.append(UInt8(ascii: " ")) }
            text.append(symbol)
        }
        append(UserText.lineEnd, to: &text)
    }

    private static func fate(of name: Name, _ purpose: EnrollmentPurpose) -> String {
        switch purpose {
        case .first: ""
        case .beside: "It will be called \"\(name.text)\" here." + UserText.lineEnd
        case .replacement:
            "It replaces \"\(name.text)\", which stops working." + UserText.lineEnd
        }
    }

    private func append(_ line: String, to text: inout [UInt8]) {
        text.append(contentsOf: line.utf8)
    }

    private func appendQuestion(hasPicture: Bool, to text: inout [UInt8]) {
        text.append("Code shown by the app")
        var keys: [StaticString] = hasPicture ? ["i: invert", "a: ASCII"] : []
        if purpose.canBePutOff { keys.append("Enter: later") }
        for (index, key) in keys.enumerated() {
            text.append(index == 0 ? " (" : ", ")
            text.append(key)
        }
        text.append(keys.isEmpty ? ": " : "): ")
    }

    /// The QR code as it has room on every terminal: first its label is made shorter, and then the
    /// light around it narrower. In ASCII it is higher than 24 rows in any case. Whatever user and
    /// machine are called, one of these has room, beside the key (`KeyLabel.after`); `nil` where none
    /// can be made. To be wiped.
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
