import OTPCore
import Synchronization

/// What the threads of one server share: the newest receipt, hosts looked up lately, and counts.
public final class FleetState: Sendable {
    fileprivate struct Contents {
        let capacity: Int
        /// The receipts that somebody has shown or got, in the order in which they came.
        var heard: [Receipt] = []
        var known: Set<Receipt> = []
        var newest: Receipt?
        /// The receipts that each database has yet to be asked for.
        var pending: [String: Set<Receipt>] = [:]
        /// The databases to which a thread was connected while it listened for receipts.
        var listened: Set<String> = []
        var listening: Listening?
        var sealing: RecordSealing?
        var keys: MasterKeys?
        var hosts: [String: (row: HostRow?, until: ContinuousClock.Instant)] = [:]
    }

    /// The hosts that have shown a receipt while threads listen for them.
    fileprivate struct Listening {
        /// The database that they have connected to.
        let place: String
        var hosts: Set<String> = []
        /// When the last of them did so for the first time.
        var latest: ContinuousClock.Instant?
    }

    private let contents: Mutex<Contents>
    /// What they count.
    public let counts = FleetCounts()

    /// `capacity` receipts are remembered: more than there are hosts.
    public init(capacity: Int = 65_536) { contents = Mutex(Contents(capacity: capacity)) }

    // MARK: Keys

    /// The master keys, if they are others than at the start.
    public var keys: MasterKeys? { contents.withLock { $0.keys } }

    /// Uses other master keys from the next look at the database on.
    public func use(_ keys: MasterKeys) { contents.withLock { $0.keys = keys } }

    // MARK: Receipts

    /// Hears the receipt that a host shows, with a request or without one; whether it is one of this
    /// fleet. Before the server was connected for the first time, it cannot tell.
    @discardableResult
    public func hear(_ text: String, from host: String) -> Bool {
        guard let sealing = contents.withLock({ $0.sealing }) else { return false }
        guard let receipt = Receipt(text: text, sealing: sealing) else {
            counts.count(.foreign)
            return false
        }
        note(receipt)
        contents.withLock { contents in
            guard contents.listening?.hosts.insert(host).inserted == true else { return }
            contents.listening?.latest = .now
        }
        return true
    }

    /// Learns which fleet this is.
    func learn(_ sealing: RecordSealing) { contents.withLock { $0.sealing = sealing } }

    /// How many databases are remembered; there are two or three.
    private static let places = 8

    /// Notes a receipt that somebody has.
    public func note(_ receipt: Receipt) {
        contents.withLock { contents in
            guard contents.remember(receipt) else { return }
            contents.awaitRow(of: receipt)
        }
    }

    /// The newest receipt that anybody has shown or got.
    public var newest: Receipt? { contents.withLock { $0.newest } }

    /// How many receipts are kept for databases that nobody has asked yet.
    var waiting: Int {
        contents.withLock { $0.pending.values.reduce(0) { $0 + $1.count } }
    }

    /// The receipts that the database at this place has yet to be asked for. Each counts, not only
    /// the newest: numbers are given before a commit, so an older yes may be missing where a newer
    /// one is there. Another start of a database is another place.
    func unconfirmed(at place: String) -> Set<Receipt> {
        contents.withLock { contents in
            if let pending = contents.pending[place] { return pending }
            if contents.pending.count >= FleetState.places { contents.pending = [:] }
            let all = Set(contents.heard)
            contents.pending[place] = all
            return all
        }
    }

    /// Notes that the database at this place has the rows of receipts.
    func confirm(_ receipts: Set<Receipt>, at place: String) {
        contents.withLock { contents in
            for receipt in receipts where contents.remember(receipt) {
                contents.awaitRow(of: receipt)
            }
            contents.pending[place]?.subtract(receipts)
        }
    }

    /// Whether a thread has listened for receipts while it was connected to the database at this
    /// place.
    func hasListened(at place: String) -> Bool {
        contents.withLock { $0.listened.contains(place) }
    }

    /// Notes that a thread listens at this place.
    func beginListening(at place: String) {
        contents.withLock { contents in
            guard contents.listening?.place != place else { return }
            contents.listening = Listening(place: place)
        }
    }

    /// When the last host was heard that had not been heard since threads listen at this place;
    /// `nil` for none.
    func latestHost(at place: String) -> ContinuousClock.Instant? {
        contents.withLock { contents in
            contents.listening.flatMap { $0.place == place ? $0.latest : nil }
        }
    }

    /// Notes that one has.
    func noteListened(at place: String) {
        contents.withLock { contents in
            if contents.listening?.place == place { contents.listening = nil }
            if contents.listened.count >= FleetState.places { contents.listened = [] }
            contents.listened.insert(place)
        }
    }

    // MARK: Hosts

    /// How long a host's row counts before it is looked up again.
    static let hostTime = Duration.seconds(5)

    /// The row of a host, and `nil` in it for none; the outer `nil` if it has to be looked up.
    public func host(named name: String) -> HostRow?? {
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

    /// How many failures each host has left at `now`, of those that were here a few seconds ago.
    public func failuresLeft(at now: UInt64) -> [Int64] {
        // A row that has to be looked up again was read a moment ago all the same.
        let oldest = ContinuousClock.now - FleetState.hostTime
        return contents.withLock { contents in
            contents.hosts.values.compactMap { host -> Int64? in
                guard host.until > oldest, let row = host.row, row.revoked == nil else {
                    return nil
                }
                return row.failuresLeft(at: now)
            }
        }
    }
}

extension FleetState.Contents {
    /// Notes that each database has to be asked for a receipt. One that nobody asks any more, such as
    /// one from before a restart, is forgotten; should it come back, it is asked for all of them.
    fileprivate mutating func awaitRow(of receipt: Receipt) {
        for place in pending.keys {
            pending[place]?.insert(receipt)
            if let count = pending[place]?.count, count > capacity {
                pending[place] = nil
            }
        }
    }

    /// Remembers a receipt; whether it was not known before.
    fileprivate mutating func remember(_ receipt: Receipt) -> Bool {
        newest = max(newest ?? receipt, receipt)
        guard known.insert(receipt).inserted else { return false }
        heard.append(receipt)
        // Half of them at once, so that this is rare.
        if heard.count > capacity {
            let old = heard.prefix(capacity / 2)
            known.subtract(old)
            heard.removeFirst(old.count)
        }
        return true
    }
}
