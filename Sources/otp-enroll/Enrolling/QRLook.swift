import OTPCore

/// How QR codes are drawn on this terminal.
enum QRLook {
    case characters(QRForm)
    case picture(TerminalPicture)

    /// The ways there are, the best first, where the terminal has given these answers.
    static func all(_ form: QRForm, _ answers: TerminalAnswers?) -> [QRLook] {
        (answers.map { TerminalPicture.all(by: $0) } ?? []).map { .picture($0) }
            + [.characters(form.resolved)]
    }

    /// What to say where a picture is wanted, and this is not shown as one.
    static func notices(_ looks: [QRLook], _ form: QRForm) -> [String] {
        guard form == .image, case .characters = looks.first else { return [] }
        return [Phrase("This terminal does not say that it shows pictures.").text]
    }

    /// The sequence that takes a picture out of the terminal's memory.
    var removal: String {
        if case .picture(let picture) = self { picture.removal } else { "" }
    }

    /// How many columns and rows a code of `side` squares a row takes.
    func size(of side: Int, quietZone: Int) -> QRFit.Size {
        switch self {
        case .characters(let form): QRText.size(of: side, as: form.text, quietZone: quietZone)
        case .picture(let picture): picture.size(of: side, quietZone: quietZone)
        }
    }
}
