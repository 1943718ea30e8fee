import Synchronization

/// A value that several tasks share.
final class Shared<Value: Sendable>: Sendable {
    private let contents: Mutex<Value>

    init(_ value: Value) { contents = Mutex(value) }

    func with<Result: Sendable>(_ body: (inout Value) -> Result) -> Result {
        contents.withLock { value in
            var copy = value
            defer { value = copy }
            return body(&copy)
        }
    }

    var value: Value { with { $0 } }
}
