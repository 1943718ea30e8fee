import OTPCore
import OTPService
import OTPStore
import OTPWire

// Local records that go to the fleet. Their keys never leave this process but for the agent's socket.
extension RequestHandler<ThisMachine> {
    /// Sends the records of these users to a server of the fleet; nothing here is changed.
    func bring(
        _ numbers: [NumberDocument], adds: Bool, rehearses: Bool
    ) throws(StoreError) -> Reply.Result {
        guard numbers.count <= BroughtDocument.most else { return .denied(reason: .malformed) }
        guard let store = try here.store() else { throw Store.notMade(here.options.store) }
        // Usually logins go over to the fleet once this is done.
        var options = here.options
        options.fleet = true
        var rows: [BroughtDocument] = []
        for number in numbers {
            rows.append(
                try bring(number, of: store, options, adds: adds, rehearses: rehearses))
        }
        return .brought(rows: rows)
    }

    private func bring(
        _ number: NumberDocument, of store: Store, _ options: Options, adds: Bool, rehearses: Bool
    ) throws(StoreError) -> BroughtDocument {
        guard !number.users.isEmpty else {
            return BroughtDocument(uid: number.uid, user: nil, how: .orphan)
        }
        var trouble: StoreError?
        for name in number.users {
            let user = User(name: Array(name.utf8), uid: number.uid, gid: .max)
            guard options.belongsToFleet(user) else {
                return BroughtDocument(uid: number.uid, user: name, how: .local)
            }
            do throws(StoreError) {
                guard let session = try store.openForReading(user) else { continue }
                var record = session.withRecord { $0.encoded }
                session.close()
                defer { Secret.wipe(&record) }
                return try send(record, of: name, number.uid, adds: adds, rehearses: rehearses)
            } catch {
                trouble = error
                // If two names have one UID, the record belongs to one of them only.
                if error.code != .otherUser { break }
            }
        }
        guard let trouble else {
            return BroughtDocument(uid: number.uid, user: number.users.first, how: .empty)
        }
        // Nothing goes on without the fleet; one record's trouble is its own.
        guard trouble.subject != FleetAgent.subject else { throw trouble }
        return BroughtDocument(
            uid: number.uid, user: number.users.first, how: .failed,
            trouble: TroubleDocument(trouble))
    }

    private func send(
        _ record: [UInt8], of user: String, _ uid: UInt32, adds: Bool, rehearses: Bool
    ) throws(StoreError) -> BroughtDocument {
        let text = String(decoding: Base64.encode(record.span, isPadded: true), as: UTF8.self)
        let step = FleetStep.bring(record: text, adds: adds, rehearses: rehearses)
        switch try here.agent.send(FleetCall(step, user: user, uid: uid)) {
        case .brought(let how, let added, let left):
            if how == .stored || how == .added, !rehearses {
                var line = LogLine("record sent to the fleet")
                line.add("by", outside: operatorName)
                line.add("user", outside: Array(user.utf8))
                here.log(.notice, line)
            }
            return BroughtDocument(uid: uid, user: user, how: how, added: added, left: left)
        case .failed(let trouble): throw trouble.error
        case .denied(.right):
            throw StoreError(
                .system, FleetAgent.subject,
                "this host does not have the right `import`, which its invite gives")
        default: throw here.agent.trouble("its servers are of another version")
        }
    }
}
