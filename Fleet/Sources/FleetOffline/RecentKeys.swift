import FleetNetwork
import FoundationEssentials
import OTPCore
import Synchronization

/// Which SSH keys have passed a code at this host lately.
///
/// Losing it, or finding an older one, lets nobody in who would not have been let in: a key that is
/// not in it, or was long ago, is refused.
public final class RecentKeys: Sendable {
    /// How many users and keys of one are kept.
    private static let (mostUsers, mostKeys) = (4096, 4)
    /// How long a key is kept, in seconds, and how often its time is written again.
    private static let (longest, often): (UInt64, UInt64) = (72 * 3600, 300)
    private static let longestFile = 4 << 20

    private let path: String
    /// For each user and fingerprint, when a code was passed, in Unix seconds.
    private let times: Mutex<[String: [String: UInt64]]>

    /// The keys in `folder`.
    public init(in folder: String) {
        path = "\(folder)/recent"
        let text = (try? PrivateFile.read(path, upTo: RecentKeys.longestFile)) ?? ""
        let found = try? JSONDecoder().decode(
            [String: [String: UInt64]].self, from: Data(text.utf8))
        times = Mutex(found ?? [:])
    }

    /// Notes that a key has passed a code.
    public func note(_ key: String, of user: String, now: UInt64) throws(FleetProblem) {
        guard !user.isEmpty else { return }
        try times.withLock { (times) throws(FleetProblem) in
            var keys = times[user] ?? [:]
            if let before = keys[key], before <= now, now - before < RecentKeys.often { return }
            keys = keys.filter { $0.value <= now && now - $0.value < RecentKeys.longest }
            if keys.count >= RecentKeys.mostKeys, keys[key] == nil,
                let oldest = keys.min(by: { $0.value < $1.value })?.key
            {
                keys[oldest] = nil
            }
            keys[key] = now
            if times[user] == nil, times.count >= RecentKeys.mostUsers {
                times = times.filter { user in
                    user.value.values.contains { $0 <= now && now - $0 < RecentKeys.longest }
                }
                guard times.count < RecentKeys.mostUsers else { return }
            }
            times[user] = keys
            guard let data = try? JSONEncoder().encode(times) else { return }
            try PrivateFile.write(String(decoding: data, as: UTF8.self), at: path, isLasting: false)
        }
    }

    /// Whether a key has passed a code in the last `hours`. A time to come means that the clock was
    /// set back, and does not count.
    public func has(_ key: String, of user: String, hours: UInt8, now: UInt64) -> Bool {
        times.withLock { times in
            guard let time = times[user]?[key], time <= now else { return false }
            return now - time < UInt64(hours) * 3600
        }
    }
}
