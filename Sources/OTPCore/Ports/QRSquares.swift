/// The squares of a QR code. They hold the key, so they are wiped with their owner.
public struct QRSquares: ~Copyable {
    /// Squares in a row, without the quiet zone.
    public let size: Int
    /// A byte a square, row by row; its lowest bit says that the square is dark.
    private let squares: Secret

    /// Squares in a row of the largest code there is (version 40).
    public static let maximumSize = 177

    /// Takes over a byte a square, row by row, of which the lowest bit says that the square is
    /// dark. `squares` is wiped. `nil` where they are no code of `size` squares a row.
    public init?(size: Int, wiping squares: inout [UInt8]) {
        let held = Secret(wiping: &squares)
        guard (1...QRSquares.maximumSize).contains(size), held.count == size * size else {
            return nil
        }
        self.size = size
        self.squares = held
    }

    /// Whether the square is dark; all around the code is light.
    public func isDark(_ x: Int, _ y: Int) -> Bool {
        guard x >= 0, x < size, y >= 0, y < size else { return false }
        return squares.withBytes { $0[y * size + x] & 1 == 1 }
    }
}
