/// A QR code as a picture, for terminals that show pictures. Everything made from it contains the
/// key, and must be wiped.
public struct QRPixels: ~Copyable {
    private let squares: QRSquares
    /// The width of the light margin, in squares.
    private let quietZone: Int
    /// Pixels along a square.
    private let scale: Int
    /// Pixels along a side.
    let side: Int

    public init(_ squares: consuming QRSquares, quietZone: Int, scale: Int) {
        side = QRPixels.side(of: squares.size, quietZone: quietZone, scale: scale)
        self.squares = squares
        self.quietZone = quietZone
        self.scale = scale
    }

    /// Pixels along a side of a code with `size` squares per row.
    public static func side(of size: Int, quietZone: Int, scale: Int) -> Int {
        (size + 2 * quietZone) * scale
    }

    /// Whether a pixel is dark; everything outside the picture is light.
    func isDark(_ x: Int, _ y: Int) -> Bool {
        squares.isDark(x / scale - quietZone, y / scale - quietZone)
    }
}
