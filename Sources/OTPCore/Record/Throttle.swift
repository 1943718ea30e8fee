/// Limits wrong answers.
///
/// Five consecutive failures are free; after that, each imposes a wait, which doubles from 30 s to
/// 15 min. A hundred on the account, from anywhere, close it for codes until root unlocks it (NIST
/// SP 800-63B-4, 3.2.2). There is one count for all factors, services and sessions. A success
/// clears the failures of its own source, and one failure of others per day.
///
/// There are two exceptions. A source that has logged in before waits only for its own failures. An
/// SSH key that has logged in also has a hundred of its own, and the failures of others do not
/// close it: a stranger who fails on purpose cannot lock out anybody who comes with a key.
public struct Throttle: Equatable, Sendable {
    /// Failures before the first wait.
    public static let freeFailures: UInt32 = 5
    /// Failures that close it.
    public static let closingFailures: UInt32 = 100
    /// The first wait, in seconds.
    public static let firstWait: UInt64 = 30
    /// The longest wait, in seconds.
    public static let longestWait: UInt64 = 900
    /// How many sources are remembered; the one unused for longest makes room, keys last of all.
    public static let maximumSources = 8
    /// How many sources are remembered that have failed and never logged in.
    static let maximumNewcomers = 3
    /// The least time between two failures of others that a success forgives, in seconds.
    static let forgivingTime: UInt64 = 86_400

    /// Consecutive failures, and the time of the last.
    public struct Counter: Equatable, Sendable {
        /// Consecutive failures.
        public internal(set) var failures: UInt32 = 0
        /// The last failure, in Unix seconds; 0 for none.
        public internal(set) var last: UInt64 = 0
    }

    /// A place that has logged in before.
    public struct Source: Equatable, Sendable {
        /// Which place: a hash of its text.
        public let id: SourceID
        /// Its own failures.
        public internal(set) var counter = Counter()
        /// Its last login, in Unix seconds.
        public internal(set) var lastLogin: UInt64
    }

    /// A place that has never logged in, and how many of the failures in `shared` are its own.
    struct Newcomer: Equatable, Sendable {
        let id: SourceID
        var failures: UInt8
    }

    /// What a try may do now.
    public enum Permission: Equatable, Sendable {
        /// It may be made.
        case open
        /// Not for this many seconds (1 to 900).
        case wait(UInt64)
        /// Not until root unlocks it.
        case closed
    }

    /// The counter of everybody who has not logged in before; in a fleet, at this host.
    public internal(set) var shared = Counter()
    /// In a fleet, the failures of such places at its other hosts: they close, and impose no wait
    /// here. Not stored.
    public internal(set) var elsewhere = Counter()
    /// Whether the record is a fleet's: then no host's failures close a place that another host
    /// knows. Not stored.
    var isInFleet = false
    /// The places that have.
    public internal(set) var sources: [Source] = []
    /// The last few places that have failed and never logged in, the oldest first.
    var newcomers: [Newcomer] = []
    /// When a success last forgave a failure of others, in Unix seconds.
    var forgiven: UInt64 = 0
    /// When root's order has all failures forgotten, in Unix seconds; 0 for never.
    public internal(set) var opensAt: UInt64 = 0

    public init() {}

    /// Whether a try from `source` is allowed at `now` (Unix seconds).
    public func permission(at now: UInt64, from source: SourceID) -> Permission {
        guard let index = index(of: source) else { return permissionOfStrangers(at: now) }
        if isClosed, !source.isKey, !isInFleet { return .closed }
        return Throttle.permission(for: sources[index].counter, at: now)
    }

    /// The same for places that have not logged in before.
    func permissionOfStrangers(at now: UInt64) -> Permission {
        isClosed ? .closed : Throttle.permission(for: shared, at: now)
    }

    private static func permission(for counter: Counter, at now: UInt64) -> Permission {
        if counter.failures >= closingFailures { return .closed }
        if counter.failures < freeFailures { return .open }
        let doublings = min(counter.failures - freeFailures, 8)
        let wait = min(firstWait << UInt64(doublings), longestWait)
        // A clock that was set back must not lengthen the wait without bound.
        let elapsed = now >= counter.last ? now - counter.last : 0
        return elapsed >= wait ? .open : .wait(wait - elapsed)
    }

    /// The sources other than keys: what closes the account closes them.
    var places: [Source] { sources.filter { !$0.id.isKey } }

    /// Whether the failures of all but known keys have closed the account.
    var isClosed: Bool {
        places.reduce(strangers) { $0.addingClamped($1.counter.failures) }
            >= Throttle.closingFailures
    }

    /// The failures of places that have not logged in before, at all hosts.
    private var strangers: UInt32 { shared.failures.addingClamped(elsewhere.failures) }

    /// Counts a try as failed before its result is known.
    mutating func charge(at now: UInt64, from source: SourceID) {
        if let index = index(of: source) {
            sources[index].counter.failed(at: now)
            return
        }
        shared.failed(at: now)
        var newcomer = Newcomer(id: source, failures: 0)
        if let index = newcomers.firstIndex(where: { $0.id == source }) {
            newcomer = newcomers.remove(at: index)
        } else if newcomers.count >= Throttle.maximumNewcomers {
            newcomers.removeFirst()
        }
        newcomer.failures = min(newcomer.failures, .max - 1) + 1
        newcomers.append(newcomer)
    }

    /// Clears the failures of `source`, and of no other, and remembers it.
    ///
    /// One failure of others is forgiven per day. Otherwise, failures left behind at places never
    /// used again would close the account some year; a stranger gains one guess a day from it. What
    /// is closed stays closed.
    mutating func succeed(at now: UInt64, from source: SourceID) {
        let wasClosed = isClosed
        if let index = newcomers.firstIndex(where: { $0.id == source }) {
            shared.forgive(UInt32(newcomers.remove(at: index).failures))
        }
        visit(at: now, from: source)
        if let index = index(of: source) { sources[index].counter = Counter() }
        guard !wasClosed, now >= forgiven, now - forgiven >= Throttle.forgivingTime else { return }
        shared.forgive(1)
        forgiven = now
    }

    /// Remembers `source` as one that has logged in.
    mutating func visit(at now: UInt64, from source: SourceID) {
        if let index = index(of: source) {
            sources[index].lastLogin = now
            return
        }
        if sources.count >= Throttle.maximumSources {
            // Addresses come and go; but a key without its place could be closed by strangers.
            let candidates = places.isEmpty && source.isKey ? sources : places
            guard let oldest = candidates.min(by: { $0.lastLogin < $1.lastLogin }),
                let index = index(of: oldest.id)
            else { return }
            // Its failures still count for the account.
            let counter = sources.remove(at: index).counter
            shared.failures = shared.failures.addingClamped(counter.failures)
            shared.last = max(shared.last, counter.last)
        }
        sources.append(Source(id: source, lastLogin: now))
    }

    /// The same for a login without a code. In a fleet, who comes and from where is the host's word
    /// alone then: it would make places known, each with failures of its own, and others forgotten.
    mutating func visitWithoutCode(at now: UInt64, from source: SourceID) {
        if !isInFleet { visit(at: now, from: source) }
    }

    /// Forgets all failures: root's `unlock`, never a login.
    public mutating func unlock() {
        shared = Counter()
        elsewhere = Counter()
        newcomers = []
        opensAt = 0
        for index in sources.indices { sources[index].counter = Counter() }
    }

    /// Consecutive failures from everywhere.
    public var failures: UInt32 {
        sources.reduce(strangers) { $0.addingClamped($1.counter.failures) }
    }

    /// When strangers may try again, in Unix seconds; `nil` if they may now, `.max` if it is
    /// closed.
    public func lockedUntil(at now: UInt64) -> UInt64? {
        switch permissionOfStrangers(at: now) {
        case .open: nil
        case .wait(let seconds): now.addingClamped(seconds)
        case .closed: .max
        }
    }

    /// Whether a login from `source` is remembered.
    func knows(_ source: SourceID) -> Bool { index(of: source) != nil }

    private func index(of source: SourceID) -> Int? {
        sources.firstIndex { $0.id == source }
    }
}

extension Throttle.Counter {
    mutating func failed(at now: UInt64) {
        failures = min(failures, .max - 1) + 1
        last = now
    }

    fileprivate mutating func forgive(_ count: UInt32) { failures -= min(count, failures) }
}

extension UInt32 {
    /// The sum, or the maximum if it overflows.
    fileprivate func addingClamped(_ other: UInt32) -> UInt32 {
        let (sum, overflow) = addingReportingOverflow(other)
        return overflow ? .max : sum
    }
}
