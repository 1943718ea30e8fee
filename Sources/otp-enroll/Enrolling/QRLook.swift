import OTPCore

/// How QR codes are drawn on this terminal.
enum QRLook {
    case characters(QRForm)
    case picture(TerminalPicture)

    /// The possible ways, the best first, for a terminal with these answers.
    static func all(_ form: QRForm, _ answers: TerminalAnswers?) -> [QRLook] {
        (answers.map { TerminalPicture.all(by: $0) } ?? []).map { .picture($0) }
            + [.characters(form.resolved)]
    }

    /// What to say if the user wants a picture and there is none.
    static func notices(_ looks: [QRLook], _ form: QRForm) -> [String] {
        guard form == .image, case .characters = looks.first else { return [] }
        return [Phrase("This terminal does not say that it shows pictures.").text]
    }

    /// The sequence that removes a picture from the terminal's memory.
    var removal: String {
        if case .picture(let picture) = self { picture.removal } else { "" }
    }

    /// The columns and rows of a code with `side` squares per row.
    func size(of side: Int, quietZone: Int) -> QRFit.Size {
        switch self {
        case .characters(let form): QRText.size(of: side, as: form.text, quietZone: quietZone)
        case .picture(let picture): picture.size(of: side, quietZone: quietZone)
        }
    }
}
