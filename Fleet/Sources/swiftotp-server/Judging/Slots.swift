import Synchronization

/// How much of something is at work at once, of which there must not be more.
final class Slots: Sendable {
    private let most: Int
    private let used = Mutex(0)

    init(_ most: Int) { self.most = most }

    /// Takes one; `false` if none is free.
    func take() -> Bool {
        used.withLock { used in
            guard used < most else { return false }
            used += 1
            return true
        }
    }

    /// Gives one back.
    func giveBack() { used.withLock { $0 -= 1 } }
}
