import OTPCore
import OTPStore
import OTPWire

/// Whose program asks for a login, and what that means for it.
struct LoginAsker {
    /// What a program may do.
    enum Kind: Equatable {
        /// Root's, and the owner's of a store: believed.
        case owner
        /// Its own user's, such as a screen locker.
        case oneself
        /// One that may check others' codes (`may_verify`); the name of its user.
        case verifier([UInt8])
    }

    let kind: Kind
    /// The options for this login.
    let options: Options

    /// Throws if the program may not ask about this user.
    init(_ request: LoginRequest, of peer: Peer, _ settings: Settings) throws(StoreError) {
        var options = try ConfigurationFile.options(
            settings.arguments, then: request.arguments, isBelieved: peer.isOwner)
        // As at a command: root enrolls the help desk. In doubt, nobody is enrolled.
        if options.enroll != .off, let desk = GroupHelpDesk(options),
            (try? desk.includes(named: request.user)) ?? true
        {
            options.enroll = .off
        }
        guard !peer.isOwner else {
            (kind, self.options) = (.owner, options)
            return
        }
        let users = SystemUsers()
        if let user = try users.user(named: request.user), user.uid == peer.user,
            peer.user != Peer.nobody
        {
            (kind, self.options) = (.oneself, options)
            return
        }
        guard options.mayVerify != nil, peer.user != Peer.nobody,
            let asking = try users.user(withID: peer.user),
            options.mayVerify(asking.name, for: request.service)
        else {
            throw StoreError(.otherUser, [], "only root can check the code of another user")
        }
        kind = .verifier(asking.name)
        self.options = options.restrictedToVerifying(
            of: try ConfigurationFile.options(settings.arguments))
    }

    /// Who may log in: with a verifier, neither root nor the help desk. They are then as unknown as
    /// a name that does not exist.
    var users: LoginUsers {
        if case .verifier = kind {
            LoginUsers(isForVerifier: true, GroupHelpDesk(options))
        } else {
            LoginUsers()
        }
    }
}

/// The users of this system, perhaps without some.
struct LoginUsers: UserDirectory {
    private let users = SystemUsers()
    private let isForVerifier: Bool
    private let desk: GroupHelpDesk?

    /// A verifier does not see root, nor the members of the help desk, if there is one.
    init(isForVerifier: Bool = false, _ desk: GroupHelpDesk? = nil) {
        self.isForVerifier = isForVerifier
        self.desk = desk
    }

    func user(named name: [UInt8]) throws(StoreError) -> User? {
        guard let user = try users.user(named: name) else { return nil }
        guard isForVerifier else { return user }
        if user.uid == 0 { return nil }
        if let desk, try desk.includes(user) { return nil }
        return user
    }

    func isMember(_ user: User, of group: [UInt8]) throws(StoreError) -> Bool {
        try users.isMember(user, of: group)
    }
}
