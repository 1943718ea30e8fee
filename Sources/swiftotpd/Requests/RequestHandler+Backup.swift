import OTPCore
import OTPService
import OTPStore
import OTPWire

// Records that leave for a backup, and come back from one, a few in each request.
extension RequestHandler<ThisMachine> {
    func backUp(_ step: BackupStep) throws(StoreError) -> Reply.Result {
        guard let store = try here.store() else { throw Store.notMade(here.options.store) }
        switch step {
        case .begin:
            var line = LogLine("records backed up")
            line.add("store", outside: store.path)
            line.add("by", outside: operatorName)
            here.log(.notice, line)
            return .backedUp(rows: [])
        case .records(let numbers):
            guard numbers.count <= RecordDocument.most else { return .denied(reason: .malformed) }
            var rows: [BackedUpDocument] = []
            for number in numbers {
                if let row = try backUp(number, of: store) { rows.append(row) }
            }
            return .backedUp(rows: rows)
        }
    }

    /// The record of this UID; `nil` if it is gone. One that cannot be read is named, and the others
    /// go on.
    private func backUp(
        _ number: UInt32, of store: Store
    ) throws(StoreError) -> BackedUpDocument? {
        do throws(StoreError) {
            guard let owner = try store.owner(of: number) else { return nil }
            guard let name = String(validating: owner.name, as: UTF8.self) else {
                throw StoreError(
                    .damaged, store.path(ofRecord: number), "its user's name is not UTF-8")
            }
            let user = User(name: owner.name, uid: number, gid: 0)
            guard let session = try store.openForReading(user) else { return nil }
            var record = session.withRecord { $0.encoded }
            session.close()
            defer { Secret.wipe(&record) }
            let text = String(
                decoding: Base64.encode(record.span, isPadded: true), as: UTF8.self)
            let isOrphan = try !isHere(owner, number)
            return .found(
                record: RecordDocument(uid: number, user: name, record: text, isOrphan: isOrphan))
        } catch {
            guard error.subject == store.path(ofRecord: number) else { throw error }
            return .unreadable(uid: number, trouble: TroubleDocument(error))
        }
    }

    // MARK: Back

    /// How far two hosts' clocks may differ, in seconds.
    private var clockTolerance: UInt64 { 60 }

    func restore(_ order: RestoreOrder) throws(StoreError) -> Reply.Result {
        guard order.records.count <= RecordDocument.most else {
            return .denied(reason: .malformed)
        }
        let store =
            order.rehearses
            ? try here.store() : try here.storeForMore(for: caller, by: operatorName)
        let now = try here.clock.now()
        // With a clock that is behind, codes used since would count again once it is set.
        guard order.time <= now || order.time - now <= clockTolerance else {
            throw StoreError(
                .clock, [], "this machine's clock is before the time of the backup")
        }
        let terms = RestoreTerms(
            at: now, window: max(here.options.window, order.window),
            keepsCodes: order.keepsCodes, bringsBack: order.bringsBack)
        let day = Array(CivilTime(order.time).date.utf8)
        var rows: [RestoredDocument] = []
        for document in order.records {
            let restoring = Restoring(
                document, event: event(.restored, detail: day, at: now), terms: terms,
                rehearses: order.rehearses)
            let row = try restoring.run(in: store, users: here.users)
            rows.append(row)
            guard !order.rehearses, let uid = row.uid, [.stored, .replaced].contains(row.how)
            else { continue }
            var line = LogLine(restoring.event)
            line.add("by", outside: operatorName)
            line.add("user", outside: Array(row.user.utf8))
            line.add("number", "\(uid)")
            here.log(.notice, line)
        }
        return .restored(rows: rows)
    }
}
