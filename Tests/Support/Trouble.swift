/// What went wrong in the tests' own tools, in one sentence.
public struct Trouble: Error, CustomStringConvertible {
    public let description: String

    public init(_ description: String) { self.description = description }
}
