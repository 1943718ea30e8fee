import Glibc
import OTPCore

// A store is made by root alone: by the package, or by a command. A login makes none, so that one
// that is lost is not taken for one in which nobody is enrolled yet.
extension Store {
    /// What making a store came to.
    public enum Made: String, Sendable {
        /// There was none.
        case new
        /// It was there already.
        case there
        /// Its records were there, and its marker is new.
        case marked
    }

    /// What there is of a store.
    private enum Standing {
        /// All of it, and the marker is of its key.
        case whole
        /// Nothing, or what is left where its making was cut short.
        case unmade
        /// A key, records of that key, and no marker.
        case unmarked
        /// A key, and neither marker nor record.
        case lost
        /// The marker is of another key, or spoilt.
        case ofAnotherKey
    }

    /// The store at `path`, or the default one; what is missing of it is made. A key whose store is
    /// not here gets a new one only where the caller `startsEmpty`, and a key is never made where
    /// there are records, which only another one can open.
    public static func make(
        path: [UInt8]?, startsEmpty: Bool = false, leftovers: Leftovers = Leftovers()
    ) throws(StoreError) -> (store: Store, made: Made) {
        try makeFolder(path ?? defaultPath)
        let store = try Store(path: path, leftovers: leftovers)
        switch try store.standing() {
        case .whole:
            // Of somebody who was killed right before it went.
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

    /// The store at `path`; `nil` where there is nothing of one, which is not where its key is.
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

    /// Makes key and marker. Done again where it was cut short; others may do the same at once.
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

    /// Makes sure that a record here was sealed with this key; the first one speaks for the others.
    private func checkRecords() throws(StoreError) {
        guard let number = try userIDs().min() else { return }
        let end = RecordLayout.keyIDOffset + SealKey.idLength
        guard let head = try contents(of: Store.fileName(of: number), count: end) else { return }
        if try keyID().elementsEqual(head.dropFirst(RecordLayout.keyIDOffset)) { return }
        throw StoreError(.otherKey, path(ofRecord: number), RecordLayout.otherKey)
    }
}
