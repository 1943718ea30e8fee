import Glibc
import OTPCore

// A user got another name or UID. At any moment there is exactly one record, and each step is done
// completely or not at all. If the UID changes, the file first gets its new name, under which it
// opens for nobody, because its head still has the old user; then a file with the new head replaces
// it. Run again, it continues from if it was interrupted.
extension Store {
    /// Makes the record in the file of `number`, whose head has `old`, the record of `user`, after
    /// `change`. A record of the user's own with nothing to log in with gives way to it; any other
    /// throws `.exists`. Without `change` it only checks whether that is possible.
    public func move(
        _ number: UInt32, of old: User, to user: User, _ change: ((inout Record) -> Void)?
    ) throws(StoreError) {
        try prove()
        let source = Store.fileName(of: number)
        let target = Store.fileName(of: user)
        guard let session = try RecordFile.open(old, as: source, in: self, writing: true) else {
            throw StoreError(.missing, path(of: source), "somebody else has moved it")
        }
        defer { session.close() }
        let other =
            number == user.uid
            ? nil : try RecordFile.open(user, as: target, in: self, writing: true)
        defer { other?.close() }
        if let other, other.withRecord({ $0.isEnrolled }) {
            throw StoreError(.exists, path(of: target), "there is something in it that logs in")
        }
        guard let change else { return }
        let hold = try holdKey()
        defer { System.unlock(hold) }
        let bytes = try session.withRecord { (record) throws(StoreError) in
            other?.withRecord { record.succeed($0) }
            record.raiseEpoch()
            change(&record)
            return try RecordFile.contents(
                record, of: user, settled: 0, in: self, path: path(of: target))
        }
        try tidy()
        if number != user.uid {
            do throws(Errno) {
                try System.rename(source, to: target, in: folder, replacing: other != nil)
                // Before there is a second copy: a power cut must not bring the first one back.
                try System.syncFolder(folder)
            } catch {
                throw StoreError(path(of: target), error)
            }
        }
        try note(user.name, in: user.uid)
        let file = try NewFile.write(
            bytes, as: target, in: folder, for: .record, path: path(of: target), replacing: true)
        // Not synced: if it is lost, the first writer syncs once more.
        try? System.write(RecordLayout.mark(1), to: file, at: RecordLayout.markOffset)
        if old.name != user.name { forget(old.name, in: number) }
        session.withRecord { tell($0.untold, to: user, in: $0.language) }
    }

    /// Removes the record of a UID that no user has.
    public func forget(_ number: UInt32, of owner: User?) throws(StoreError) {
        try unlinkLasting(Store.fileName(of: number))
        if let owner { forget(owner.name, in: number) }
    }
}
