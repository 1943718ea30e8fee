import Synchronization

/// How many connections there are, and whose, so that nobody can take all of them and keep others
/// out. Checked before anything is read.
final class Quotas: Sendable {
    /// The connections that one user may have at a time.
    static let perUser = 16
    /// The connections that all users may have.
    static let inAll = 512
    /// How many of these are reserved for programs that are root's alone, such as sshd.
    static let keptForRoot = 128
    /// How many of root's programs may be connected before it is known who started them: see
    /// `Entrance`.
    static let unidentified = 128

    struct Counts {
        var all = 0
        var unidentified = 0
        /// Those that are not root's alone.
        var others = 0
        var users: [UInt32: Int] = [:]
        /// Since when there has been no connection.
        var emptySince: ContinuousClock.Instant? = .now
    }

    private let counts = Mutex(Counts())

    /// Whom a connection counts for.
    enum Holder: Equatable {
        /// A program with the rights of root; it is not known yet who started it.
        case unidentified
        /// A program that is root's alone.
        case root
        /// A program of this user's, or one that this user started.
        case user(UInt32)
    }

    /// Why there is no room.
    enum Refusal: Error, Equatable {
        case user, all

        var text: String {
            switch self {
            case .user: "you have too many connections to swiftotpd"
            case .all: "swiftotpd has too many connections"
            }
        }
    }

    /// Takes a place for a connection.
    func enter(_ holder: Holder) throws(Refusal) -> Seat {
        let refusal = counts.withLock { $0.add(holder) }
        if let refusal { throw refusal }
        return Seat(self, holder)
    }

    fileprivate func leave(_ holder: Holder) { counts.withLock { $0.remove(holder) } }

    fileprivate func change(_ old: Holder, to new: Holder) -> Refusal? {
        counts.withLock { counts in
            counts.remove(old)
            guard let refusal = counts.add(new) else { return nil }
            // It keeps its old place until it is gone.
            counts.all += 1
            counts.unidentified += 1
            counts.emptySince = nil
            return refusal
        }
    }

    /// Since when there has been no connection; `nil` while there are some.
    var emptySince: ContinuousClock.Instant? { counts.withLock { $0.emptySince } }
}

/// The place of one connection, free again when its owner is gone.
struct Seat: ~Copyable, Sendable {
    private let quotas: Quotas
    private var holder: Quotas.Holder

    fileprivate init(_ quotas: Quotas, _ holder: Quotas.Holder) {
        self.quotas = quotas
        self.holder = holder
    }

    deinit { quotas.leave(holder) }

    /// Counts it for its user, now that this is known; throws if there is no room for another.
    mutating func identify(_ peer: Peer) throws(Quotas.Refusal) {
        guard holder == .unidentified else { return }
        let found = peer.isOwnersAlone ? Quotas.Holder.root : .user(peer.realUser)
        if let refusal = quotas.change(holder, to: found) { throw refusal }
        holder = found
    }
}

extension Quotas.Counts {
    fileprivate mutating func add(_ holder: Quotas.Holder) -> Quotas.Refusal? {
        guard all < Quotas.inAll else { return .all }
        switch holder {
        case .root: break
        case .unidentified:
            guard unidentified < Quotas.unidentified else { return .all }
            unidentified += 1
        case .user(let user):
            guard users[user, default: 0] < Quotas.perUser else { return .user }
            guard others < Quotas.inAll - Quotas.keptForRoot else { return .all }
            others += 1
            users[user, default: 0] += 1
        }
        all += 1
        emptySince = nil
        return nil
    }

    fileprivate mutating func remove(_ holder: Quotas.Holder) {
        all -= 1
        if all == 0 { emptySince = .now }
        switch holder {
        case .root: break
        case .unidentified: unidentified -= 1
        case .user(let user):
            others -= 1
            let left = users[user, default: 1] - 1
            users[user] = left == 0 ? nil : left
        }
    }
}
