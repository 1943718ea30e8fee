import NIOConcurrencyHelpers

/// How often each host may do something: so many times a second, and more at once after a quiet while.
public final class HostRates: Sendable {
    private struct Bucket {
        var left: Double
        var filled: ContinuousClock.Instant
    }

    /// How many names are remembered. Most come from certificates, so there are as many as hosts;
    /// but nothing grows forever.
    private static let capacity = 100_000

    private let rate: Double
    private let most: Double
    private let buckets = NIOLockedValueBox<[String: Bucket]>([:])

    /// `rate` times a second, and `most` at once.
    public init(_ rate: Double, most: Double) { (self.rate, self.most) = (rate, most) }

    /// Counts what a host does; whether it may.
    public func admits(_ host: String, at now: ContinuousClock.Instant = .now) -> Bool {
        buckets.withLockedValue { buckets in
            if buckets.count >= HostRates.capacity { buckets = [:] }
            var bucket = Bucket(left: left(in: buckets[host], at: now), filled: now)
            let isAdmitted = bucket.left >= 1
            if isAdmitted { bucket.left -= 1 }
            buckets[host] = bucket
            return isAdmitted
        }
    }

    /// Whether a host may; it does not count.
    func hasLeft(_ host: String, at now: ContinuousClock.Instant = .now) -> Bool {
        buckets.withLockedValue { left(in: $0[host], at: now) >= 1 }
    }

    private func left(in bucket: Bucket?, at now: ContinuousClock.Instant) -> Double {
        guard let bucket else { return most }
        let passed = max(0, bucket.filled.duration(to: now) / .seconds(1))
        return min(most, bucket.left + passed * rate)
    }
}
