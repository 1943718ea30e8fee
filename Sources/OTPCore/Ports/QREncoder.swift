/// Makes QR codes.
public protocol QREncoder {
    /// The QR code of `text`; `nil` if it cannot be made: then only the key to type is shown.
    func encode(_ text: borrowing Secret) -> QRSquares?
}
