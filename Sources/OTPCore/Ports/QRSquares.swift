/// The modules (dark and light squares) of a QR code. They contain the key, so they are wiped with
/// their owner.
public struct QRSquares: ~Copyable {
    /// Squares per row, without the quiet zone.
    public let size: Int
    /// One byte per square, row by row; the lowest bit is set for dark.
    private let squares: Secret

    /// Squares per row of the largest QR code (version 40).
    public static let maximumSize = 177

    /// Takes one byte per square, row by row, with the lowest bit set for dark, and wipes
    /// `squares`. `nil` if they are not a code of `size` squares per row.
    public init?(size: Int, wiping squares: inout [UInt8]) {
        let held = Secret(wiping: &squares)
        guard (1...QRSquares.maximumSize).contains(size), held.count == size * size else {
            return nil
        }
        self.size = size
        self.squares = held
    }

    /// Whether the square is dark; everything outside the code is light.
    public func isDark(_ x: Int, _ y: Int) -> Bool {
        guard x >= 0, x < size, y >= 0, y < size else { return false }
        return squares.withBytes { $0[y * size + x] & 1 == 1 }
    }
}
