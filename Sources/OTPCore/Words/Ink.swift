/// The meaning of a color, which the words also express. Whether there are colors is for whoever
/// writes to a terminal to know.
public enum Ink: UInt8, Sendable {
    /// No meaning.
    case plain
    /// All is well.
    case good
    /// Needs attention.
    case caution
    /// Keeps somebody out.
    case bad
}
