import OTPCore
import OTPStore

/// The QR codes of one new authenticator: one with the whole label, and smaller ones with shortened
/// labels. Each is made when it is used, and wiped afterwards.
struct QRCodes {
    private let authenticator: NewAuthenticator
    /// The squares per row; determined once.
    private let sides: Sides

    /// `nil` if none can be made.
    init?(of authenticator: NewAuthenticator) {
        (self.authenticator, sides) = (authenticator, Sides())
        guard side(.nothing) != nil else { return nil }
    }

    /// The columns and rows of a code with a light margin of this width.
    func size(_ cut: KeyLabel.Cut, quietZone: Int, as look: QRLook) -> QRFit.Size? {
        side(cut).map { look.size(of: $0, quietZone: quietZone) }
    }

    /// A code for drawing.
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
