/// Why something was refused, or could not be done: one plain sentence for the admin.
public struct FleetProblem: Error, Equatable, Sendable {
    /// The sentence, lower case and without a full stop.
    public let text: String

    /// A problem with a sentence for the admin, lower case and without a full stop.
    public init(_ text: String) { self.text = text }
}

/// Runs `body`; whatever it throws becomes `problem`: the libraries' own texts are not for admins.
func working<Result>(_ problem: String, _ body: () throws -> Result) throws(FleetProblem) -> Result
{
    do {
        return try body()
    } catch {
        throw FleetProblem(problem)
    }
}
