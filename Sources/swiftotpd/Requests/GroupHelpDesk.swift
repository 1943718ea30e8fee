import OTPCore
import OTPService
import OTPStore

/// The help desk of this machine: the members of a group.
struct GroupHelpDesk: HelpDesk {
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
