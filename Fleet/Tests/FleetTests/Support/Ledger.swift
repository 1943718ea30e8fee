import Foundation
import Synchronization
import TestSupport

/// What logins have come to in a long test, by lanes that go on whatever fails.
final class Ledger: Sendable {
    /// One code, and how often it let somebody in.
    struct Spent: Sendable {
        let user: String
        let code: String
        var yeses = 0
        var unchecked = 0
        /// What the last refusal said, where it let nobody in.
        var said = ""
    }

    private struct State {
        var spent: [Spent] = []
        var replayed = 0
        var yeses: [(begun: ContinuousClock.Instant, ended: ContinuousClock.Instant)] = []
        var members: [Member] = []
        var isOver = false
    }
    private let state = Mutex(State())

    var spent: [Spent] { state.withLock { $0.spent } }
    /// Whether the lanes may end.
    var isOver: Bool { state.withLock { $0.isOver } }
    func end() { state.withLock { $0.isOver = true } }

    func add(_ one: Spent) { state.withLock { $0.spent.append(one) } }

    /// The codes that let somebody in since the last time.
    func takeUsed() -> [Spent] {
        state.withLock { state in
            defer { state.replayed = state.spent.count }
            return state.spent[state.replayed...].filter { $0.yeses > 0 }
        }
    }

    // MARK: Users with codes left

    var stock: Int { state.withLock { $0.members.count } }
    func stock(_ member: Member) { state.withLock { $0.members.append(member) } }
    func takeMember() -> Member? {
        state.withLock { $0.members.isEmpty ? nil : $0.members.removeFirst() }
    }

    // MARK: Time

    /// Notes a yes that was asked for then, and came now.
    func noteYes(begun: ContinuousClock.Instant) {
        state.withLock { $0.yeses.append((begun, ContinuousClock.now)) }
    }

    /// Waits for a yes that was asked for only from now on.
    func awaitYes(within limit: Duration, _ what: String) async throws {
        let now = ContinuousClock.now
        while !state.withLock({ $0.yeses.contains { $0.begun > now } }) {
            guard ContinuousClock.now < now + limit else {
                throw Trouble("nobody got in within \(limit) \(what)")
            }
            try await Task.sleep(for: .milliseconds(100))
        }
    }

    /// The longest time without a yes that ended after `start`.
    func longestSilence(since start: ContinuousClock.Instant) -> Duration {
        let ends = state.withLock { $0.yeses.map(\.ended) }.sorted()
        return zip(ends, ends.dropFirst()).filter { $0.1 > start }.map { $0.1 - $0.0 }.max()
            ?? .zero
    }
}
