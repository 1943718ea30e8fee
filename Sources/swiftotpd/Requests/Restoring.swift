import OTPCore
import OTPService
import OTPStore
import OTPWire

/// One user's record from a backup, on its way into the store.
struct Restoring {
    private let document: RecordDocument
    let event: Event
    private let terms: RestoreTerms
    private let rehearses: Bool

    init(_ document: RecordDocument, event: Event, terms: RestoreTerms, rehearses: Bool) {
        (self.document, self.event) = (document, event)
        (self.terms, self.rehearses) = (terms, rehearses)
    }

    /// Stores it, or says what would happen. `store` is `nil` if there is none yet.
    func run(
        in store: Store?, users: any UserDirectory
    ) throws(StoreError) -> RestoredDocument {
        guard !document.isOrphan else {
            return RestoredDocument(user: document.user, how: .orphan)
        }
        var text = Array(document.record.utf8)
        var bytes = Base64.decode(text.span) ?? []
        Secret.wipe(&text)
        defer { Secret.wipe(&bytes) }
        guard Record(decoding: bytes.span) != nil else {
            return RestoredDocument(user: document.user, how: .invalid)
        }
        // By the name: the UID may be another one here.
        let name = Array(document.user.utf8)
        guard let user = try users.user(named: name), user.name == name else {
            return RestoredDocument(user: document.user, how: .unknown)
        }
        do throws(StoreError) {
            return try put(bytes, for: user, in: store)
        } catch {
            // One record's trouble is its own; a full disk, say, ends it.
            switch error.code {
            case .damaged, .otherKey, .otherUser, .unsafe, .busy:
                return RestoredDocument(
                    user: document.user, uid: user.uid, how: .failed,
                    trouble: TroubleDocument(error))
            default: throw error
            }
        }
    }

    private func put(
        _ bytes: [UInt8], for user: User, in store: Store?
    ) throws(StoreError) -> RestoredDocument {
        guard let store else { return try rehearse(bytes, over: Record(), for: user) }
        do throws(StoreError) {
            return try rehearses
                ? rehearse(bytes, for: user, in: store) : replace(bytes, for: user, in: store)
        } catch {
            // What cannot be read logs nobody in, and says nothing.
            guard error.code == .damaged || error.code == .otherKey,
                error.subject == store.path(ofRecord: user.uid)
            else { throw error }
            if !rehearses { try store.remove(user) }
            var row =
                try rehearses
                ? rehearse(bytes, over: Record(), for: user)
                : replace(bytes, for: user, in: store)
            row.how = .replaced
            row.trouble = TroubleDocument(error)
            return row
        }
    }

    private func rehearse(
        _ bytes: [UInt8], for user: User, in store: Store
    ) throws(StoreError) -> RestoredDocument {
        guard let session = try store.openForReading(user) else {
            try store.checkOtherNumber(of: user)
            return try rehearse(bytes, over: Record(), for: user)
        }
        defer { session.close() }
        return try session.withRecord { (here) throws(StoreError) in
            try rehearse(bytes, over: here, for: user)
        }
    }

    private func rehearse(
        _ bytes: [UInt8], over here: borrowing Record, for user: User
    ) throws(StoreError) -> RestoredDocument {
        guard var record = Record(decoding: bytes.span) else {
            return RestoredDocument(user: document.user, how: .invalid)
        }
        return row(record.restore(over: here, terms), record, over: here, for: user)
    }

    private func replace(
        _ bytes: [UInt8], for user: User, in store: Store
    ) throws(StoreError) -> RestoredDocument {
        let found = try store.edit(user, makesRecord: true) {
            (here) throws(StoreError) -> Edited<RestoredDocument> in
            guard var record = Record(decoding: bytes.span) else {
                return .left(RestoredDocument(user: document.user, how: .invalid))
            }
            let done = record.restore(over: here, terms)
            let row = self.row(done, record, over: here, for: user)
            guard row.how != .ended else { return .left(row) }
            record.note(event.ending(done.ended))
            here = record
            return .kept(row)
        }
        return found ?? RestoredDocument(user: document.user, how: .invalid)
    }

    /// What becomes of the record. Nobody who is enrolled becomes somebody who is not.
    private func row(
        _ done: Record.BackedUp, _ record: borrowing Record, over here: borrowing Record,
        for user: User
    ) -> RestoredDocument {
        let isEnded = done.isEnded || (here.isEnrolled && !record.isEnrolled)
        return RestoredDocument(
            user: document.user, uid: user.uid,
            how: isEnded ? .ended : here.isBlank ? .stored : .replaced, done)
    }
}
