/// A QR code as a picture, for terminals that show one. What comes of it holds the key, and is to be
/// wiped.
public struct QRPixels: ~Copyable {
    private let squares: QRSquares
    /// Light squares around the code.
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

    /// Pixels along a side of a code of `size` squares a row.
    public static func side(of size: Int, quietZone: Int, scale: Int) -> Int {
        (size + 2 * quietZone) * scale
    }

    /// Whether a pixel is dark; all around the picture is light.
    func isDark(_ x: Int, _ y: Int) -> Bool {
        squares.isDark(x / scale - quietZone, y / scale - quietZone)
    }
}
