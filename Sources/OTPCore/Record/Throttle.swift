/// How often a user may be wrong.
///
/// Five consecutive failures are free, then each asks for a wait of 30 s that doubles to 15 min; a
/// hundred close it for codes until root unlocks. There is one counter for all factors, services
/// and sessions. A source that has logged in before has a counter of its own, so that a stranger
/// who fails on purpose locks out nobody but strangers. (So the hundred of NIST SP 800-63B-4,
/// 3.2.2, is one for each source that the user has logged in from, eight at most, and one for all
/// others.)
public struct Throttle: Equatable, Sendable {
    /// Failures before the first wait.
    public static let freeFailures: UInt32 = 5
    /// Failures that end it.
    public static let closingFailures: UInt32 = 100
    /// The first wait, in seconds.
    public static let firstWait: UInt64 = 30
    /// The longest wait, in seconds.
    public static let longestWait: UInt64 = 900
    /// How many sources are remembered; the one unused for longest makes room.
    public static let maximumSources = 8

    /// Consecutive failures and when the last one was.
    public struct Counter: Equatable, Sendable {
        /// Consecutive failures.
        public internal(set) var failures: UInt32 = 0
        /// The last failure, in Unix seconds; 0 for none.
        public internal(set) var last: UInt64 = 0
    }

    /// A place that has logged in before.
    public struct Source: Equatable, Sendable {
        /// Which place: a hash of what names it.
        public let id: SourceID
        /// Its own failures.
        public internal(set) var counter = Counter()
        /// Its last login, in Unix seconds.
        public internal(set) var lastLogin: UInt64
    }

    /// What a try may do now.
    public enum Permission: Equatable, Sendable {
        /// It may be made.
        case open
        /// Not for so many seconds (1 to 900).
        case wait(UInt64)
        /// Not until root unlocks.
        case closed
    }

    /// The counter of everybody who has not logged in before.
    public internal(set) var shared = Counter()
    /// The places that have.
    public internal(set) var sources: [Source] = []

    public init() {}

    /// Whether a try from `source` may be made at `now` (Unix seconds).
    public func permission(at now: UInt64, from source: SourceID) -> Permission {
        Throttle.permission(for: counter(of: source), at: now)
    }

    static func permission(for counter: Counter, at now: UInt64) -> Permission {
        if counter.failures >= closingFailures { return .closed }
        if counter.failures < freeFailures { return .open }
        let doublings = min(counter.failures - freeFailures, 8)
        let wait = min(firstWait << UInt64(doublings), longestWait)
        // A clock that was set back must not lengthen the wait without bound.
        let elapsed = now >= counter.last ? now - counter.last : 0
        return elapsed >= wait ? .open : .wait(wait - elapsed)
    }

    /// Counts a try as failed, before anybody knows.
    mutating func charge(at now: UInt64, from source: SourceID) {
        if let index = index(of: source) {
            sources[index].counter.failed(at: now)
        } else {
            shared.failed(at: now)
        }
    }

    /// Ends the row of failures of `source`, and remembers it. Where the try was not `open`, others
    /// have seen to that, and it stays so: whoever got in by a backup code had no part in it.
    mutating func succeed(at now: UInt64, from source: SourceID, wasOpen: Bool = true) {
        if let index = index(of: source) {
            sources[index].counter = Counter()
            sources[index].lastLogin = now
            return
        }
        if wasOpen { shared = Counter() }
        if sources.count >= Throttle.maximumSources,
            let oldest = sources.indices.min(by: { sources[$0].lastLogin < sources[$1].lastLogin })
        {
            sources.remove(at: oldest)
        }
        sources.append(Source(id: source, lastLogin: now))
    }

    /// Moves failures that lie in the future to `now`; whether there were any. Without this, a
    /// clock that was wrong for a moment would keep its waits from ending.
    mutating func repair(at now: UInt64) -> Bool {
        var repaired = false
        if shared.last > now { (shared.last, repaired) = (now, true) }
        for index in sources.indices where sources[index].counter.last > now {
            (sources[index].counter.last, repaired) = (now, true)
        }
        return repaired
    }

    /// Forgets all failures: root's `unlock`, never a login.
    public mutating func unlock() {
        shared = Counter()
        for index in sources.indices { sources[index].counter = Counter() }
    }

    /// Consecutive failures from everywhere.
    public var failures: UInt32 {
        sources.reduce(shared.failures) { $0 &+ $1.counter.failures }
    }

    /// When strangers may try again, in Unix seconds: `nil` where they may now, `.max` for
    /// closed.
    public func lockedUntil(at now: UInt64) -> UInt64? {
        switch Throttle.permission(for: shared, at: now) {
        case .open: nil
        case .wait(let seconds): now.addingClamped(seconds)
        case .closed: .max
        }
    }

    private func index(of source: SourceID) -> Int? {
        sources.firstIndex { $0.id == source }
    }

    private func counter(of source: SourceID) -> Counter {
        index(of: source).map { sources[$0].counter } ?? shared
    }
}

extension Throttle.Counter {
    mutating func failed(at now: UInt64) {
        failures = min(failures, .max - 1) + 1
        last = now
    }
}
