// What time does to a throttle: it opens what was closed. And the clock may have been wrong.

extension Throttle {
    /// The failures that an account has after opening by itself: ten more close it again.
    static let failuresLeft: UInt32 = 90

    /// How far ahead root may schedule an unlock, in seconds: a minute to 30 days.
    public static let unlockRange: ClosedRange<UInt64> = 60...2_592_000

    /// Schedules an unlock at `time`.
    public mutating func unlock(at time: UInt64) { opensAt = time }

    /// Does what is due at `now`; whether there was anything. A closed account opens `closedFor`
    /// seconds after its last failure, or never if that is `nil`.
    ///
    /// Times in the future are moved to `now`: otherwise, after a clock was wrong for a moment,
    /// waits would not end.
    public mutating func repair(at now: UInt64, closedFor: UInt64? = nil) -> Bool {
        var repaired = false
        if shared.last > now { (shared.last, repaired) = (now, true) }
        if forgiven > now { (forgiven, repaired) = (now, true) }
        for index in sources.indices where sources[index].counter.last > now {
            (sources[index].counter.last, repaired) = (now, true)
        }
        return open(at: now, closedFor: closedFor) || repaired
    }

    /// Opens what is due to open at `now`.
    private mutating func open(at now: UInt64, closedFor: UInt64?) -> Bool {
        if opensAt > 0, now >= opensAt {
            unlock()
            return true
        }
        guard let closedFor else { return false }
        var opened = false
        func isOver(_ last: UInt64) -> Bool { now >= last && now - last >= closedFor }
        if isClosed, isOver(lastFailure) {
            shared = Counter(failures: Throttle.failuresLeft, last: lastFailure)
            elsewhere = Counter()
            newcomers = []
            for index in sources.indices where !sources[index].id.isKey {
                sources[index].counter = Counter()
            }
            opened = true
        }
        for index in sources.indices
        where sources[index].counter.failures >= Throttle.closingFailures
            && isOver(sources[index].counter.last)
        {
            sources[index].counter.failures = Throttle.failuresLeft
            opened = true
        }
        return opened
    }

    /// The last of the failures that closed the account.
    private var lastFailure: UInt64 {
        places.reduce(max(shared.last, elsewhere.last)) { max($0, $1.counter.last) }
    }

    /// When what was closed at `last` opens; `.max` for never.
    private func end(of last: UInt64, closedFor: UInt64?) -> UInt64 {
        min(opensAt > 0 ? opensAt : .max, closedFor.map { last.addingClamped($0) } ?? .max)
    }

    /// The lock that lasts longest; `nil` if everybody may try.
    public func lockout(at now: UInt64, closedFor: UInt64? = nil) -> Lockout? {
        var throttle = self
        _ = throttle.repair(at: now, closedFor: closedFor)
        return throttle.lockoutNow(at: now, closedFor: closedFor)
    }

    private func lockoutNow(at now: UInt64, closedFor: UInt64?) -> Lockout? {
        func end(_ permission: Permission, _ last: UInt64) -> UInt64? {
            switch permission {
            case .open: nil
            case .wait(let seconds): min(now.addingClamped(seconds), opensAt > 0 ? opensAt : .max)
            case .closed: self.end(of: last, closedFor: closedFor)
            }
        }
        let strangers = permissionOfStrangers(at: now)
        let shut = end(strangers, lastFailure)
        let known = sources.map { source in
            let last = source.id.isKey ? source.counter.last : lastFailure
            return end(permission(at: now, from: source.id), last)
        }
        guard let until = (known + [shut]).compactMap({ $0 }).max() else { return nil }
        let closed = sources.contains { permission(at: now, from: $0.id) == .closed }
        let reach: Lockout.Reach =
            shut == nil ? .knownPlaces : known.contains(nil) ? .strangers : .everybody
        return Lockout(until: until, reach: reach, isClosed: closed || strangers == .closed)
    }
}
