/// What a color says beside the words, which say it as well. Only a terminal is told, and only one
/// that has colors; <https://no-color.org> is heard.
enum Ink: UInt8 {
    /// Nothing in particular.
    case plain
    /// All is well.
    case good
    /// Something to look at.
    case caution
    /// Something keeps somebody out.
    case bad

    /// `text` in this ink, as far as stdout has colors.
    func painted(_ text: String) -> String {
        guard let code, !text.isEmpty, Terminal.hasColors else { return text }
        return "\u{1b}[\(code)m\(text)\u{1b}[0m"
    }

    /// The color's number (ECMA-48, SGR): one of the eight, which each terminal has chosen so that
    /// they can be read on its ground.
    private var code: Int? {
        switch self {
        case .plain: nil
        case .good: 32
        case .caution: 33
        case .bad: 31
        }
    }
}
