/// The moment at which a wait ends, by a clock that nobody can set.
public struct Deadline: Sendable {
    private let end: ContinuousClock.Instant

    /// This long from now.
    public init(in patience: Duration) { end = ContinuousClock.now + patience }

    /// This long after `start`.
    public init(in patience: Duration, from start: ContinuousClock.Instant) {
        end = start + patience
    }

    private init(end: ContinuousClock.Instant) { self.end = end }

    /// The earlier of this and another one.
    public func clamped(to other: Deadline) -> Deadline { Deadline(end: min(end, other.end)) }

    /// Whether it has passed.
    public var isOver: Bool { ContinuousClock.now >= end }

    /// The whole milliseconds left, at least 1; 0 once it is over.
    public var milliseconds: CInt {
        let left = end - ContinuousClock.now
        guard left > .zero else { return 0 }
        let (seconds, attoseconds) = left.components
        let (milliseconds, overflow) = seconds.multipliedReportingOverflow(by: 1000)
        let part = attoseconds / 1_000_000_000_000_000
        return overflow
            ? .max : max(1, CInt(clamping: milliseconds.addingReportingOverflow(part).0))
    }
}
