/// The size of a character on a terminal, in pixels.
public struct TerminalCell: Equatable, Sendable {
    public let width: Int
    public let height: Int

    /// Plausible sizes: nobody can read smaller characters, or needs larger ones.
    private static let range = 3...200

    /// `nil` if no terminal has characters of that size.
    public init?(width: Int, height: Int) {
        guard TerminalCell.range.contains(width), TerminalCell.range.contains(height) else {
            return nil
        }
        (self.width, self.height) = (width, height)
    }
}
