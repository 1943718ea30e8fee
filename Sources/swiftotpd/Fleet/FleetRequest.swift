import OTPCore
import OTPService
import OTPStore
import OTPWire

/// A request about a user of the fleet, or about all of them, which its servers answer.
struct FleetRequest {
    private let agent: FleetAgent
    private let options: Options
    private var call: FleetCall

    /// `nil` if the request is about a user whose record is here, or about the store here. A list is
    /// about the fleet if somebody of the fleet asks for it: root asks about the store.
    init?(
        _ request: Request, of peer: Peer, _ parties: RequestParties, _ settings: Settings
    ) throws(StoreError) {
        let asking = parties.asking
        let isList = request.command.listsUsers
        guard !settings.isLocal, isList || !Rights.kind(of: request.command).isAboutEverybody,
            !isList || !peer.isOwner
        else { return nil }
        let user = isList ? asking : parties.user
        guard parties.options.belongsToFleet(user) else { return nil }
        guard let caller = String(validating: asking.name, as: UTF8.self),
            let name = String(validating: user.name, as: UTF8.self)
        else { throw StoreError(.system, [], "the user's name is not UTF-8") }
        agent = settings.agent
        options = parties.options
        call = FleetCall(
            .command(
                request: request,
                caller: FleetCaller(
                    user: caller, uid: asking.uid, isRoot: peer.isOwner,
                    former: try FleetRequest.former(of: request.command))),
            user: name, uid: user.uid)
    }

    /// Who has the name or UID from which a record is to be moved. The servers know no users of the
    /// system.
    private static func former(of command: Command) throws(StoreError) -> NumberDocument? {
        guard case .move(let old, _) = command else { return nil }
        let users = SystemUsers()
        var found = try users.user(named: Array(old.utf8))
        // Some directories find a name in any spelling.
        if let user = found, !user.name.elementsEqual(old.utf8) { found = nil }
        if found == nil, let number = UInt32(old), String(number) == old {
            found = try users.user(withID: number)
        }
        return found.map {
            NumberDocument(uid: $0.uid, users: [String(decoding: $0.name, as: UTF8.self)])
        }
    }

    /// The servers' answer. `permit` is what came with an earlier one on the same connection, sealed
    /// by a server: it stands for the caller's code to look at others.
    func reply(_ permit: inout String?) throws(StoreError) -> Reply {
        var answer = try send(call, &permit)
        // Nothing was tried yet: the proof is still good.
        if answer.goesByNames == true, let named = call.named {
            answer = try send(named, &permit)
        }
        switch answer.result {
        case .reply(var reply):
            if case .recorded(let ranges, let isAll, _, let names) = reply.result {
                reply.result = .recorded(
                    ranges: ranges, isAll: isAll, fleet: FleetUsers(options), names: names)
            }
            return reply
        case .failed(let trouble): throw trouble.error
        default: throw RemoteAccounts.unclear
        }
    }

    private func send(
        _ call: FleetCall, _ permit: inout String?
    ) throws(StoreError) -> FleetReply {
        var call = call
        call.permit = permit
        let answer = try agent.reply(to: call)
        if let new = answer.permit { permit = new }
        return answer
    }
}

extension FleetCall {
    /// The call that begins a list by names, for one that begins it by UIDs; `nil` for any other.
    fileprivate var named: FleetCall? {
        guard case .command(var request, let caller) = step,
            request.command == .recorded(after: nil, name: nil)
        else { return nil }
        request.command = .recorded(after: nil, name: "")
        var call = self
        call.step = .command(request: request, caller: caller)
        return call
    }
}

extension Command {
    /// Whether it is a page of the list of all users.
    fileprivate var listsUsers: Bool {
        switch self {
        case .recorded, .rows: true
        default: false
        }
    }
}
