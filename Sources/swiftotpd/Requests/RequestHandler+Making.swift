import OTPCore
import OTPService
import OTPStore
import OTPWire

// Handlers of this machine, and its store.
extension RequestHandler<ThisMachine> {
    /// Collects what a request needs, and checks whether it is allowed.
    static func make(
        for request: Request, of peer: Peer, _ parties: RequestParties, _ settings: Settings,
        _ leftovers: Store.Leftovers, _ passes: HelpDeskPasses<UInt32>
    ) throws(StoreError) -> Result<RequestHandler, Reply.Denial> {
        let (asking, user, options) = (parties.asking, parties.user, parties.options)
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
                right: right, in: ThisMachine(settings, options, peer, leftovers, passes)))
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
