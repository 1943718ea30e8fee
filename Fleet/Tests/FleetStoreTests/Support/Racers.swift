import Foundation
import Synchronization

@testable import FleetStore

/// Threads that each have a connection of their own, and start at once.
final class Racers: Sendable {
    private struct Turn {
        var number = 0
        var work: (@Sendable (Database) -> String)?
        var heard: [String] = []
        var isOver = false
    }

    private let turn = Mutex(Turn())
    private let count: Int
    private let starts: [DispatchSemaphore]
    private let done = DispatchSemaphore(value: 0)

    init(count: Int, on fleet: TestFleet) {
        self.count = count
        starts = (0..<count).map { _ in DispatchSemaphore(value: 0) }
        // Two servers: each has its own receipts and hosts.
        let states = [FleetState(), FleetState()]
        let settings = fleet.settings
        for index in 0..<count {
            let start = starts[index], state = states[index % 2]
            Thread.detachNewThread { [self] in
                let database = Database(settings, state: state)
                do { try database.ready() } catch {}
                done.signal()
                while true {
                    start.wait()
                    guard let work = turn.withLock({ $0.isOver ? nil : $0.work }) else { return }
                    let heard = work(database)
                    turn.withLock { $0.heard.append(heard) }
                    done.signal()
                }
            }
        }
    }

    /// Lets all do `work` at once; what each heard.
    func race(_ work: @escaping @Sendable (Database) -> String) async -> [String] {
        turn.withLock {
            $0.work = work
            $0.heard = []
        }
        let first = turn.withLock {
            $0.number += 1
            return $0.number == 1
        }
        return await withCheckedContinuation { continuation in
            Thread.detachNewThread { [self] in
                if first { for _ in 0..<count { done.wait() } }
                for start in starts { start.signal() }
                for _ in 0..<count { done.wait() }
                continuation.resume(returning: turn.withLock { $0.heard })
            }
        }
    }

    func stop() {
        turn.withLock { $0.isOver = true }
        for start in starts { start.signal() }
    }
}
