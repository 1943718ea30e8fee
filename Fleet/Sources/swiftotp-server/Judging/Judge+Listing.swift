import FleetNetwork
import FleetStore
import OTPCore
import OTPService
import OTPWire

// The list of all users of a realm, for people with a role. It comes page by page; one code is enough
// for all of them.
extension Judge {
    /// The most names in a request for rows.
    private static let mostNames = 4 * NumberDocument.mostRows
    /// How much of a reply a page of names may fill, in bytes; a frame holds 32,767.
    private static let mostBytes = 24_000

    /// Answers a request for a page: after a code of the user of `act`, or with a permit that came
    /// with an earlier page.
    func list(
        _ request: Request, permit: String?, _ act: Act, in database: Database
    ) throws(StoreError) -> HostAnswer {
        let role = try role(of: act.user, at: act.host, in: database)
        guard role?.allows(request.command, on: nil) == true else {
            return try refuse(request.command, .fleetRole, to: act.user, act, in: database)
        }
        if database.goesByNames, request.command.isListOfNumbers {
            return try askForNames()
        }
        var proven: HostAnswer?
        if let proof = request.proof {
            let answer = try prove(proof, by: act.user, as: "listed", act, in: database)
            guard Judge.isAccepted(answer) else { return answer }
            proven = answer
        }
        let isProven = proven != nil
        let looked = try database.look(act) { (records) throws(StoreError) in
            var new: String?
            if isProven {
                new = try Judge.permit(toLookFor: act.user, act, in: records)
            } else if try !Judge.isPermitted(permit, for: act.user, act, in: records) {
                count(.ownProofNeeded)
                let denial = Reply(.denied(reason: .ownProofNeeded))
                return try Judge.encoded(FleetReply(.reply(reply: denial)))
            }
            let page = Reply(try page(request.command, act, of: records))
            return try Judge.encoded(FleetReply(.reply(reply: page), permit: new))
        }
        let answer = Judge.answer(looked)
        if case .answered(let bytes, _) = answer, case .answered(_, let receipt) = proven {
            return .answered(bytes, receipt: receipt)
        }
        return answer
    }

    /// Has the host ask for the list by names. One of a release that knows none says why there is
    /// no list.
    private func askForNames() throws(StoreError) -> HostAnswer {
        let trouble = StoreError(
            .system, Array("the fleet".utf8),
            "lists go by names here (`identity = name`), which this host's release does not know:"
                + " `swiftotp-server users` on a server lists its users")
        let reply = FleetReply(.failed(trouble: TroubleDocument(trouble)), goesByNames: true)
        return .answered(try Judge.encoded(reply), receipt: nil)
    }

    // MARK: What stands for a code

    /// Lets somebody with a role who has given a code look at others for a while.
    static func permit(
        toLookFor asking: User, _ act: Act, in records: FleetRecords
    ) throws(StoreError) -> String {
        var own = act
        own.user = asking
        return try Permit(.look, for: own, in: epoch(of: asking, in: records)).seal(in: records)
    }

    /// Whether `text` does that.
    static func isPermitted(
        _ text: String?, for asking: User, _ act: Act, in records: FleetRecords
    ) throws(StoreError) -> Bool {
        guard let text, let permit = try Permit.read(text, in: records) else { return false }
        var own = act
        own.user = asking
        return permit.isGood(.look, for: own, in: try epoch(of: asking, in: records))
    }

    /// It ends with whatever logs the user in.
    private static func epoch(
        of user: User, in records: FleetRecords
    ) throws(StoreError) -> UInt64 {
        try records.openForReading(user)?.withRecord { $0.epoch } ?? 0
    }

    /// A page, as root gets it of a store: a role sees everybody.
    private func page(
        _ command: Command, _ act: Act, of records: FleetRecords
    ) throws(StoreError) -> Reply.Result {
        if case .rows(let numbers) = command {
            let names = numbers.flatMap(\.users).map { Array($0.utf8) }
            guard numbers.count <= NumberDocument.mostRows, names.count <= Judge.mostNames else {
                return .denied(reason: .malformed)
            }
            try records.prepare(
                names: names, numbers: numbers.filter(\.users.isEmpty).map(\.uid))
        }
        if case .recorded(let number, let name?) = command, records.goesByNames {
            guard number == nil else { return .denied(reason: .malformed) }
            return try names(after: name, of: records)
        }
        let handler = try handler(
            for: .root, .allowed, asking: act.user, act, on: records, PendingLines(),
            messages(at: act.host))
        return try handler.run(Request(command))
    }

    /// The names beyond `name` that have a row, as many as a reply holds.
    private func names(
        after name: String, of records: FleetRecords
    ) throws(StoreError) -> Reply.Result {
        guard let found = try records.users(after: name) else {
            return .denied(reason: .malformed)
        }
        var (names, room) = ([NumberDocument](), Judge.mostBytes)
        for user in found.users {
            room -= user.lengthInList
            guard room >= 0 else { break }
            names.append(NumberDocument(uid: user.uid, users: [user.shownName]))
        }
        return .recorded(
            ranges: [], isAll: found.isAll && names.count == found.users.count, fleet: nil,
            names: names)
    }
}

extension Command {
    /// Whether it asks for a list by UIDs.
    fileprivate var isListOfNumbers: Bool {
        if case .recorded(_, nil) = self { return true }
        return false
    }
}

extension User {
    /// What a name takes of a reply at most, in bytes: JSON writes some of them as `\u0007`.
    fileprivate var lengthInList: Int {
        let other = "[4294967295,\"\"],".utf8.count
        return name.reduce(other) { length, byte in
            switch byte {
            case 0..<0x20, 0x7f: length + 6
            case UInt8(ascii: "\""), UInt8(ascii: "\\"): length + 2
            default: length + 1
            }
        }
    }
}
