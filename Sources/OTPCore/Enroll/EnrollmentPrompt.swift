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
    /// The user's name, as apps show it.
    let account: [UInt8]
    /// The issuer, as apps show it: this machine.
    let issuer: [UInt8]
    /// What the device is enrolled for.
    let purpose: EnrollmentPurpose

    /// How the QR code is drawn.
    enum Picture {
        case none
        case drawn(QRText.Form)
        /// Asked for, but wider than the terminal.
        case tooWide
    }

    /// The whole prompt. The caller wipes it.
    func text(_ encoder: some QREncoder, as form: QRText.Form?) -> [UInt8] {
        var text: [UInt8] = []
        // In one step, so that growing leaves no copies behind.
        text.reserveCapacity(16_384)
        text.append("\n")
        var picture = Picture.none
        let introduction = text.count
        if let form, var drawing = draw(encoder, as: form) {
            defer { Secret.wipe(&drawing) }
            picture = drawing.isEmpty ? .tooWide : .drawn(form)
            introduce(picture, into: &text)
            text.append(copying: drawing.span)
            if !drawing.isEmpty { text.append("\n") }
        }
        if text.count == introduction { introduce(.none, into: &text) }
        appendKey(to: &text)
        append(EnrollmentPrompt.fate(of: authenticator.name, purpose), to: &text)
        appendQuestion(picture, to: &text)
        return text
    }

    /// The prompt without what was shown before.
    func again(_ said: StaticString, hasPicture: Bool) -> [UInt8] {
        var text: [UInt8] = []
        text.append("\n")
        text.append(said)
        append(UserText.lineEnd, to: &text)
        appendQuestion(hasPicture ? .drawn(.blocks) : .none, to: &text)
        return text
    }

    // MARK: The parts

    private func introduce(_ picture: Picture, into text: inout [UInt8]) {
        switch picture {
        case .drawn: text.append("Scan this with an authenticator app, or type the key, for ")
        case .none, .tooWide:
            text.append("In an authenticator app, type this key (time based) for ")
        }
        text.append(contentsOf: LogLine.visible(account).prefix(20))
        append(":" + UserText.lineEnd, to: &text)
        if case .tooWide = picture {
            append("(The QR code is too wide for 80 columns.)" + UserText.lineEnd, to: &text)
        }
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

    private func appendQuestion(_ picture: Picture, to text: inout [UInt8]) {
        text.append("Code shown by the app")
        var keys: [StaticString] = []
        if case .none = picture {} else { keys = ["i: invert", "a: ASCII"] }
        if purpose.canBePutOff { keys.append("Enter: later") }
        for (index, key) in keys.enumerated() {
            text.append(index == 0 ? " (" : ", ")
            text.append(key)
        }
        text.append(keys.isEmpty ? ": " : "): ")
    }

    /// The drawing; empty if it is too wide, `nil` if none can be made. The caller wipes it. In
    /// ASCII it always has more than 24 rows.
    private func draw(_ encoder: some QREncoder, as form: QRText.Form) -> [UInt8]? {
        var wasMade = false
        for isBrief in [false, true] {
            let uri = key.withBytes {
                KeyURI.make(
                    authenticator, key: $0, issuer: issuer.span, account: account.span,
                    isBrief: isBrief)
            }
            guard let uri, let squares = encoder.encode(uri) else { return wasMade ? [] : nil }
            wasMade = true
            let size = QRText.size(of: squares.size, as: form, quietZone: QRText.quietZone)
            if !isBrief, form != .ascii, size.rows > EnrollmentPrompt.rows { continue }
            if let drawing = QRText.draw(squares, as: form, columns: EnrollmentPrompt.columns) {
                return drawing
            }
        }
        return []
    }
}
