import Foundation
import TestSupport

/// Runs `body` in `count` threads that start at the same moment, and returns each result.
///
/// Threads instead of tasks: bodies block in flock(2) and sleep, which would stop the two tasks
/// that a two-core machine runs at once.
func together<Value: Sendable>(
    _ count: Int, _ body: @escaping @Sendable (Int) -> Value
) -> [Value] {
    let gate = DispatchSemaphore(value: 0)
    let done = DispatchGroup()
    let results = Results<Value>()
    for index in 0..<count {
        done.enter()
        Thread.detachNewThread {
            gate.wait()
            results.append(body(index))
            done.leave()
        }
    }
    for _ in 0..<count { gate.signal() }
    done.wait()
    return results.all
}

/// The results of threads. `@unchecked`: every access holds the lock.
final class Results<Value: Sendable>: @unchecked Sendable {
    private let lock = NSLock()
    private var values: [Value] = []

    func append(_ value: Value) { lock.withLock { values.append(value) } }

    var all: [Value] { lock.withLock { values } }

    /// Waits, without blocking a thread, until one of them has reported.
    func wait(upTo seconds: Int) async throws {
        try await patiently("an end", within: .seconds(seconds)) { all.isEmpty ? nil : () }
    }
}

/// Whether this becomes true within 5 seconds.
func patiently(_ isSo: () throws -> Bool) rethrows -> Bool {
    for _ in 0..<5000 {
        if try isSo() { return true }
        usleep(1000)
    }
    return false
}
