import OTPCore
import OTPService
import OTPStore
import OTPWire

// A new seal key, in steps that are short enough for a request each.
extension RequestHandler<ThisMachine> {
    func rekey(_ step: RekeyStep) throws(StoreError) -> Reply.Result {
        guard let store = try here.store() else { throw Store.notMade(here.options.store) }
        switch step {
        case .begin:
            try store.beginRekey()
            logKey("seal key made", of: store)
            return .rekeyed(rekey: RekeyDocument(isDone: false))
        case .seal(let numbers):
            guard numbers.count <= RekeyStep.most else { return .denied(reason: .malformed) }
            return .rekeyed(rekey: try seal(numbers, in: store))
        case .end:
            let left = try store.endRekey().left
            if left.isEmpty { logKey("seal key replaced", of: store) }
            let troubles = left.prefix(RekeyDocument.mostTroubles).map { left in
                RecordTroubleDocument(uid: left.number, trouble: TroubleDocument(left.error))
            }
            return .rekeyed(
                rekey: RekeyDocument(
                    isDone: left.isEmpty, left: left.count, troubles: troubles))
        }
    }

    /// Seals records with the next key. One that is at fault is named, and the others go on; trouble
    /// with the system, such as a full disk, ends it.
    private func seal(
        _ numbers: [UInt32], in store: Store
    ) throws(StoreError) -> RekeyDocument {
        var troubles: [RecordTroubleDocument] = []
        for number in numbers {
            do throws(StoreError) {
                try store.reseal(number)
            } catch {
                switch error.code {
                case .damaged, .otherKey, .otherUser, .unsafe, .busy:
                    troubles.append(
                        RecordTroubleDocument(uid: number, trouble: TroubleDocument(error)))
                default: throw error
                }
            }
        }
        return RekeyDocument(isDone: false, left: troubles.count, troubles: troubles)
    }

    private func logKey(_ what: StaticString, of store: Store) {
        var line = LogLine(what)
        line.add("key", outside: store.keyPath)
        line.add("by", outside: operatorName)
        here.log(.notice, line)
    }
}
