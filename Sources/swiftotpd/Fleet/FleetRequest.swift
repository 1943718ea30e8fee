import OTPCore
import OTPService
import OTPStore
import OTPWire

/// A request about a user of the fleet, which its servers answer.
struct FleetRequest {
    private let agent: FleetAgent
    private let call: FleetCall

    /// `nil` if the request is about a user whose record is here, or about everybody. Users are
    /// looked up only where there is a fleet.
    init?(_ request: Request, of peer: Peer, _ settings: Settings) throws(StoreError) {
        let options = try ConfigurationFile.options(settings.arguments)
        guard options.fleet, !settings.isLocal, peer.user != Peer.nobody,
            !Rights.kind(of: request.command).isAboutEverybody
        else { return nil }
        let users = SystemUsers()
        guard let asking = try users.user(withID: peer.user) else { return nil }
        var user = asking
        if let name = request.user {
            guard let found = try users.user(named: Array(name.utf8)) else { return nil }
            user = found
        }
        guard options.belongsToFleet(user) else { return nil }
        guard let caller = String(validating: asking.name, as: UTF8.self),
            let name = String(validating: user.name, as: UTF8.self)
        else { throw StoreError(.system, [], "the user's name is not UTF-8") }
        agent = settings.agent
        call = FleetCall(
            .command(
                request: request,
                caller: FleetCaller(user: caller, uid: asking.uid, isRoot: peer.isOwner)),
            user: name, uid: user.uid)
    }

    /// The servers' answer.
    func reply() throws(StoreError) -> Reply {
        switch try agent.send(call) {
        case .reply(let reply): return reply
        case .failed(let trouble): throw trouble.error
        default: throw RemoteAccounts.unclear
        }
    }
}
