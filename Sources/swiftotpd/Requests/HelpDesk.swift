import OTPCore
import OTPStore
import OTPWire
import Synchronization

/// Who is the help desk, and whom it must leave alone.
struct HelpDesk {
    private let group: [UInt8]
    private let protected: [UInt8]?
    private let users = SystemUsers()

    /// `nil` if there is none.
    init?(_ options: Options) {
        guard let group = options.helpdeskGroup else { return nil }
        self.group = group
        protected = options.helpdeskProtected
    }

    /// Whether the user is a member.
    func includes(_ user: User) throws(StoreError) -> Bool {
        try isMember(user, of: group, "helpdesk_group")
    }

    /// The same for a name, which may be nobody's.
    func includes(named name: [UInt8]) throws(StoreError) -> Bool {
        guard let user = try users.user(named: name) else { return false }
        return try includes(user)
    }

    /// Whether members must leave the user alone: root, a member, or a member of the protected
    /// group, under any name of the same UID that the system knows it by.
    func protects(_ user: User) throws(StoreError) -> Bool {
        if try protectsName(user) { return true }
        guard let other = try users.user(withID: user.uid), other.name != user.name else {
            return false
        }
        return try protectsName(other)
    }

    private func protectsName(_ user: User) throws(StoreError) -> Bool {
        if user.uid == 0 { return true }
        if try includes(user) { return true }
        guard let protected else { return false }
        return try isMember(user, of: protected, "helpdesk_protected")
    }

    /// A group that cannot be looked up makes nobody a member, and leaves nobody unprotected.
    private func isMember(
        _ user: User, of group: [UInt8], _ option: String
    ) throws(StoreError) -> Bool {
        do throws(StoreError) {
            return try users.isMember(user, of: group)
        } catch {
            guard error.code == .configuration else { throw error }
            throw StoreError(.configuration, group, "\(option): there is no such group")
        }
    }
}

/// The codes that members of the help desk have given: each counts for five minutes, unless what
/// logs the member in has changed. They are known to this process only.
enum HelpDeskPass {
    private static let lifetime = Duration.seconds(300)

    private struct Pass {
        let end = Deadline(in: lifetime)
        /// The epoch of the member's record.
        let epoch: UInt64
    }

    private static let passes = Mutex<[UInt32: Pass]>([:])

    /// Notes that the member with this UID has given a right code.
    static func give(to uid: UInt32, epoch: UInt64) {
        passes.withLock { $0[uid] = Pass(epoch: epoch) }
    }

    /// Whether the member's last code still counts.
    static func isLive(for uid: UInt32, epoch: UInt64) -> Bool {
        passes.withLock { passes in
            guard let pass = passes[uid] else { return false }
            guard pass.epoch == epoch, !pass.end.isOver else {
                passes[uid] = nil
                return false
            }
            return true
        }
    }

    /// Whether anybody's still counts: then this process should not end.
    static var isAnyLive: Bool {
        passes.withLock { passes in
            passes = passes.filter { !$0.value.end.isOver }
            return !passes.isEmpty
        }
    }
}
