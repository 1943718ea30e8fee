/// Why something was refused, or could not be done: one plain sentence for the admin.
public struct FleetProblem: Error, Equatable, Sendable {
    /// The sentence, lower case and without a full stop.
    public let text: String

    /// A problem with a sentence for the admin, lower case and without a full stop.
    public init(_ text: String) { self.text = text }
}
