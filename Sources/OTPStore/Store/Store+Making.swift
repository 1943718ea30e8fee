import Glibc
import OTPCore

// Only root makes a store: with the package, or by a command. A login makes none, so that a lost
// store is not taken for one in which nobody has enrolled yet.
extension Store {
    /// The result of making a store.
    public enum Made: String, Sendable {
        /// There was none.
        case new
        /// It already existed.
        case there
        /// Its records existed, and its marker is new.
        case marked
    }

    /// How much of a store exists.
    private enum Standing {
        /// All of it, and the marker is of its key.
        case whole
        /// Nothing, or the remains of an interrupted making.
        case unmade
        /// A key, records of that key, and no marker.
        case unmarked
        /// A key, and neither marker nor record.
        case lost
        /// The marker is of another key, or damaged.
        case ofAnotherKey
    }

    /// The store at `path`, or the default one; missing parts are made. A key whose store is not
    /// here gets a new store only if the caller says that it `startsEmpty`. A key is never made for
    /// existing records, which only another one can open.
    public static func make(
        path: [UInt8]?, startsEmpty: Bool = false, leftovers: Leftovers = Leftovers()
    ) throws(StoreError) -> (store: Store, made: Made) {
        try makeFolder(path ?? defaultPath)
        let store = try Store(path: path, leftovers: leftovers)
        switch try store.standing() {
        case .whole:
            // Left by somebody who was killed just before removing it.
            try? store.unlinkIfThere(makingName)
            return (store, .there)
        case .unmarked:
            try store.checkRecords()
            try store.writeMarker()
            return (store, .marked)
        case .lost where !startsEmpty: throw store.lost
        case .ofAnotherKey:
            guard startsEmpty, try store.userIDs().isEmpty else { throw store.ofAnotherKey }
        case .unmade, .lost: break
        }
        try store.make()
        return (store, .new)
    }

    /// The store at `path`; `nil` if none of it exists. Throws if it is lost or of another key.
    public static func openIfMade(
        path: [UInt8]?, leftovers: Leftovers = Leftovers()
    ) throws(StoreError) -> Store? {
        let store: Store
        do throws(StoreError) {
            store = try Store(path: path, leftovers: leftovers)
        } catch {
            guard error.code == .missing else { throw error }
            let path = path ?? defaultPath
            guard isDefault(path), !System.isMissing(defaultKeyPath) else { return nil }
            throw StoreError(
                .unproven, path,
                "it is missing, and its key \(String(decoding: defaultKeyPath, as: UTF8.self)) is"
                    + " there; mount or restore it, or see `otp-enroll help init`")
        }
        switch try store.standing() {
        case .whole, .unmarked: return store
        case .unmade: return nil
        case .lost: throw store.lost
        case .ofAnotherKey: throw store.ofAnotherKey
        }
    }

    private func standing() throws(StoreError) -> Standing {
        guard try keyIfThere() != nil else {
            guard try userIDs().isEmpty else { throw keyIsGone }
            return .unmade
        }
        switch try marker() {
        case .ours: return .whole
        case .notOurs: return .ofAnotherKey
        case .missing:
            if !(try userIDs().isEmpty) { return .unmarked }
            guard System.isMissing(path(of: Store.makingName)) else { return .unmade }
            // Others who were making it may have finished since the first look.
            return try marker() == .ours ? .whole : .lost
        }
    }

    /// Makes key and marker. Run again, it completes an interrupted making; others may do the same
    /// at once.
    private func make() throws(StoreError) {
        try writeLasting([], as: Store.makingName)
        try SealKeyFile.make(keyPath)
        try writeMarker()
        try unlinkIfThere(Store.makingName)
        do throws(Errno) {
            try System.syncFolder(folder)
        } catch {
            throw StoreError(path, error)
        }
        try settle()
    }

    /// Checks that the records were sealed with this key; the first one speaks for the others.
    private func checkRecords() throws(StoreError) {
        guard let number = try userIDs().min() else { return }
        let end = RecordLayout.keyIDOffset + SealKey.idLength
        guard let head = try contents(of: Store.fileName(of: number), count: end) else { return }
        let id = head.dropFirst(RecordLayout.keyIDOffset)
        if try keys().all.contains(where: { $0.id.elementsEqual(id) }) { return }
        throw StoreError(.otherKey, path(ofRecord: number), RecordLayout.otherKey)
    }
}
