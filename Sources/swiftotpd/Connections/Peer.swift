import Glibc

/// Who is connected, as the kernel knows it.
struct Peer: Equatable, Sendable {
    /// The effective user: whose program it is. What it says is believed where this is root.
    let user: UInt32
    /// The real user: who started a setuid program such as su, and could stop or kill it. Its
    /// connections are counted as this user's.
    let realUser: UInt32

    /// The number of those whom this system has no number for (user_namespaces(7)): several people.
    static let nobody: UInt32 = 65_534

    /// A program of `user`'s that has sent something as `sender`. Where the kernel does not say who
    /// sent it, it could be anybody's who may start such a program.
    init(user: UInt32, sender: UInt32?) {
        self.user = user
        // Only a program with the rights of another user can have two.
        realUser = Peer.isOwner(user) ? sender ?? Peer.nobody : user
    }

    /// Whether it is a program of the one whose store this is: root, or whoever started a service
    /// of their own. What such a program says is believed.
    var isOwner: Bool { Peer.isOwner(user) }

    /// Whether nobody but the owner can stop it or kill it.
    var isOwnersAlone: Bool { isOwner && realUser == user }

    /// The same of a program of which no more is known.
    static func isOwner(_ user: UInt32) -> Bool { user == geteuid() }
}
