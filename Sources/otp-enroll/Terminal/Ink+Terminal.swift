import OTPCore

// Colors are only for a terminal that has them; <https://no-color.org> is respected.
extension Ink {
    /// `text` in this color, if stdout has colors.
    func painted(_ text: String) -> String {
        guard let code, !text.isEmpty, Terminal.hasColors else { return text }
        return "\u{1b}[\(code)m\(text)\u{1b}[0m"
    }

    /// The color's number (ECMA-48, SGR): one of the eight that each terminal maps to readable
    /// colors.
    private var code: Int? {
        switch self {
        case .plain: nil
        case .good: 32
        case .caution: 33
        case .bad: 31
        }
    }
}
