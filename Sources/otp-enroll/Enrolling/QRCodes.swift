import OTPCore
import OTPStore

/// The QR codes of one new authenticator: that of its whole label, and smaller ones of shorter
/// labels. Each is made when it is looked at, and wiped after that.
struct QRCodes {
    private let authenticator: NewAuthenticator
    /// How many squares a row has; looked up once.
    private let sides: Sides

    /// `nil` where none can be made.
    init?(of authenticator: NewAuthenticator) {
        (self.authenticator, sides) = (authenticator, Sides())
        guard side(.nothing) != nil else { return nil }
    }

    /// How many columns and rows a code takes with so many light squares around it.
    func size(_ cut: KeyLabel.Cut, quietZone: Int, as look: QRLook) -> QRFit.Size? {
        side(cut).map { look.size(of: $0, quietZone: quietZone) }
    }

    /// A code, to be drawn.
    func code(_ cut: KeyLabel.Cut) -> QRSquares? {
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
