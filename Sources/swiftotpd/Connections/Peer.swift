import Glibc

/// Who is connected, according to the kernel.
struct Peer: Equatable, Sendable {
    /// The effective user: whose program it is. If it is root's, what it says is believed.
    let user: UInt32
    /// The real user: the one who started a setuid program such as su, and could stop or kill it.
    /// Its connections count as this user's.
    let realUser: UInt32

    /// The UID shown for all users that have none on this system (user_namespaces(7)): several
    /// people.
    static let nobody: UInt32 = 65_534

    /// A program of `user`'s that has sent something as `sender`. If the kernel does not say who
    /// sent it, it could have been started by anybody who may start such a program.
    init(user: UInt32, sender: UInt32?) {
        self.user = user
        // Only a program with the rights of another user can have two users.
        realUser = Peer.isOwner(user) ? sender ?? Peer.nobody : user
    }

    /// Whether it is a program of the store's owner: root, or the user who started a service of
    /// their own. What such a program says is believed.
    var isOwner: Bool { Peer.isOwner(user) }

    /// Whether nobody but the owner can stop or kill it.
    var isOwnersAlone: Bool { isOwner && realUser == user }

    /// The same for a program about which no more is known.
    static func isOwner(_ user: UInt32) -> Bool { user == geteuid() }
}
