import OTPCore
import OTPStore

/// The QR codes of one new authenticator: that of its whole label, and smaller ones of shorter
/// labels. Each is made when it is looked at, and wiped after that.
struct QRCodes {
    /// How they are drawn.
    let form: QRForm
    private let authenticator: NewAuthenticator
    /// How many squares a row has; looked up once.
    private let sides: Sides

    /// `nil` where none can be made.
    init?(of authenticator: NewAuthenticator, form: QRForm) {
        (self.authenticator, self.form, sides) = (authenticator, form, Sides())
        guard side(.nothing) != nil else { return nil }
    }

    private init(_ other: QRCodes, as form: QRForm) {
        (self.form, authenticator, sides) = (form, other.authenticator, other.sides)
    }

    /// The same codes, drawn in another form.
    func drawn(as form: QRForm) -> QRCodes { QRCodes(self, as: form) }

    /// How many columns and rows a code takes with so many light squares around it.
    func size(_ cut: KeyLabel.Cut, quietZone: Int) -> QRFit.Size? {
        side(cut).map { QRText.size(of: $0, as: form.text, quietZone: quietZone) }
    }

    /// A code, to be drawn.
    func drawing(_ cut: KeyLabel.Cut) -> QRDrawing? {
        guard let code = code(cut) else { return nil }
        return QRDrawing(code: code, form: form)
    }

    private func code(_ cut: KeyLabel.Cut) -> QRSquares? {
        guard let uri = authenticator.uri(cut) else { return nil }
        return QRLibrary().encode(uri)
    }

    private func side(_ cut: KeyLabel.Cut) -> Int? {
        if let known = sides.known[cut] { return known }
        let side = code(cut)?.size
        sides.known[cut] = side
        return side
    }

    private final class Sides {
        var known: [KeyLabel.Cut: Int?] = [:]
    }
}
