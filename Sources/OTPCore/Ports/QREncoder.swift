/// Makes QR codes.
public protocol QREncoder {
    /// The QR code of `text`; `nil` where it cannot be made: the typed key is shown alone then.
    func encode(_ text: borrowing Secret) -> QRSquares?
}
