import OTPCore
import OTPService
import OTPStore
import OTPWire

// Handlers of this machine, and its store.
extension RequestHandler<ThisMachine> {
    /// Collects what a request needs, and checks whether it is allowed.
    static func make(
        for request: Request, of peer: Peer, _ settings: Settings, _ leftovers: Store.Leftovers,
        _ passes: HelpDeskPasses<UInt32>
    ) throws(StoreError) -> Result<RequestHandler, Reply.Denial> {
        let users = SystemUsers()
        // A UID without a name on this system stands for several people, who must not share a
        // second factor (user_namespaces(7)).
        guard peer.user != Peer.nobody, let asking = try users.user(withID: peer.user) else {
            ServiceLog.writeUnknownUser(peer.user)
            return .failure(.unknownUser)
        }
        var user = asking
        if let name = request.user {
            guard let found = try users.user(named: Array(name.utf8)) else {
                return .failure(.unknownUser)
            }
            user = found
        }
        let options = try ConfigurationFile.options(settings.arguments)
        let kind = Rights.kind(of: request.command)
        var caller: Rights.Caller = peer.user == 0 ? .root : peer.isOwner ? .owner : .user
        var target: Rights.Target =
            kind.isAboutEverybody ? .everybody : user.uid == peer.user ? .oneself : .somebodyElse
        if caller == .user, target != .oneself, let desk = GroupHelpDesk(options),
            try desk.includes(asking)
        {
            caller = .helper
            if target == .somebodyElse, try desk.protects(user) { target = .protected }
        }
        let right = Rights.right(to: kind, of: caller, about: target)
        guard right != .denied else {
            return .failure(target == .protected ? .protected : .rootOnly)
        }
        return .success(
            RequestHandler(
                for: caller, about: user, asking: asking,
                operatorName: caller == .root
                    ? request.by.map { Array($0.utf8) } ?? asking.name : asking.name,
                right: right, in: ThisMachine(settings, options, leftovers, passes)))
    }

    /// Makes the store, if there is none.
    func makeStore(startsEmpty: Bool) throws(StoreError) -> Reply.Result {
        let new = try MadeStore(
            path: here.options.store, startsEmpty: startsEmpty, by: operatorName)
        return .store(
            store: StoreDocument(
                path: String(decoding: new.store.path, as: UTF8.self),
                keyPath: String(decoding: new.store.keyPath, as: UTF8.self),
                made: new.made.rawValue, records: try new.store.userIDs().count))
    }
}
