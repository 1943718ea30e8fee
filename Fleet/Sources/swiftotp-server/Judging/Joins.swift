import Synchronization

/// How many joins are at work: strangers must not fill the queue of a thread, in which users wait.
final class Joins: Sendable {
    private static let most = 8

    private let count = Mutex(0)

    /// Begins one; `false` if there are too many.
    func begin() -> Bool {
        count.withLock { count in
            guard count < Joins.most else { return false }
            count += 1
            return true
        }
    }

    /// Ends one.
    func end() { count.withLock { $0 -= 1 } }
}
