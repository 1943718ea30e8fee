import OTPCore
import OTPService
import OTPWire

/// A request about a user of the fleet, which its servers answer.
struct FleetRequest {
    private let agent: FleetAgent
    private let call: FleetCall

    /// `nil` if the request is about a user whose record is here, or about everybody.
    init?(
        _ request: Request, of peer: Peer, _ parties: RequestParties, _ settings: Settings
    ) throws(StoreError) {
        let (asking, user) = (parties.asking, parties.user)
        guard !settings.isLocal, !Rights.kind(of: request.command).isAboutEverybody,
            parties.options.belongsToFleet(user)
        else { return nil }
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
