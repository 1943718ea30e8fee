/// The size of a character on a terminal, in pixels.
public struct TerminalCell: Equatable, Sendable {
    public let width: Int
    public let height: Int

    /// What is believed: smaller or larger characters nobody reads.
    private static let range = 3...200

    /// `nil` where no terminal has characters of that size.
    public init?(width: Int, height: Int) {
        guard TerminalCell.range.contains(width), TerminalCell.range.contains(height) else {
            return nil
        }
        (self.width, self.height) = (width, height)
    }
}
