import OTPCore
import Synchronization

/// What the threads of one server share: the newest receipt, and hosts looked up lately.
public final class FleetState: Sendable {
    private struct Contents {
        var newest: Receipt?
        var confirmed: Receipt?
        var keys: MasterKeys?
        var hosts: [String: (row: HostRow?, until: ContinuousClock.Instant)] = [:]
    }

    private let contents = Mutex(Contents())

    public init() {}

    // MARK: Keys

    /// The master keys, if they are others than at the start.
    public var keys: MasterKeys? { contents.withLock { $0.keys } }

    /// Uses other master keys from the next look at the database on.
    public func use(_ keys: MasterKeys) { contents.withLock { $0.keys = keys } }

    // MARK: Receipts

    /// Notes a receipt that somebody has.
    public func note(_ receipt: Receipt) {
        contents.withLock { $0.newest = max($0.newest ?? receipt, receipt) }
    }

    /// The newest receipt that anybody has shown or got.
    public var newest: Receipt? { contents.withLock { $0.newest } }

    /// The receipt that the database has yet to be asked for; `nil` if it has the newest.
    var unconfirmed: Receipt? {
        contents.withLock { contents in
            guard let newest = contents.newest else { return nil }
            if let confirmed = contents.confirmed, newest <= confirmed { return nil }
            return newest
        }
    }

    /// Notes that the database has the row of a receipt.
    func confirm(_ receipt: Receipt) {
        contents.withLock { contents in
            contents.newest = max(contents.newest ?? receipt, receipt)
            contents.confirmed = max(contents.confirmed ?? receipt, receipt)
        }
    }

    /// Forgets what the database has: it may be another one now.
    func doubt() { contents.withLock { $0.confirmed = nil } }

    // MARK: Hosts

    /// How long a host's row counts before it is looked up again.
    static let hostTime = Duration.seconds(5)

    /// The row of a host; the outer `nil` if it has to be looked up.
    func host(named name: String) -> HostRow?? {
        contents.withLock { contents in
            guard let found = contents.hosts[name], ContinuousClock.now < found.until else {
                return nil
            }
            return .some(found.row)
        }
    }

    /// Keeps a host's row, or that there is none.
    func keep(_ row: HostRow?, named name: String) {
        contents.withLock { contents in
            // Names come from certificates, so there are as many as hosts; but nothing grows forever.
            if contents.hosts.count > 100_000 { contents.hosts = [:] }
            contents.hosts[name] = (row, ContinuousClock.now + FleetState.hostTime)
        }
    }

    /// Forgets a host's row, because it has been changed.
    func forget(host name: String) {
        contents.withLock { _ = $0.hosts.removeValue(forKey: name) }
    }
}
