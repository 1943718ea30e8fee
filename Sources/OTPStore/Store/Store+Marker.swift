import OTPCore

// A store knows that it is the store: a marker in it is sealed with its key. Where a disk is not
// mounted, or the folder was made anew, nobody has a record, and that means nothing without the
// marker. Its bytes: `SWOTPMRK`, the key's id, nonce, tag, and 16 sealed bytes that name the store.
extension Store {
    static let markerName = Array("marker".utf8)
    /// A file that is there while a store is being made, so that whoever was killed at it is known
    /// from a store that is lost.
    static let makingName = Array("making".utf8)
    private static let magic = Array("SWOTPMRK".utf8)
    private static let binding = Array("swiftotp marker".utf8)
    private static let nameLength = 16
    private static let sealedStart = magic.count + SealKey.idLength

    /// What the marker says.
    enum Marker: Equatable {
        case ours
        case missing
        /// Of another key, or spoilt.
        case notOurs
    }

    /// Makes sure that this is the store which belongs to its key, so that a record that is missing
    /// was never there.
    public func prove() throws(StoreError) {
        if isProven { return }
        let marker = try marker()
        guard try keyIfThere() != nil else {
            guard marker == .missing, try userIDs().isEmpty else { throw keyIsGone }
            throw Store.notMade(path)
        }
        switch marker {
        case .ours: return
        case .missing: throw lost
        case .notOurs: throw ofAnotherKey
        }
    }

    /// There is nothing of the store at `path`, or the default one.
    public static func notMade(_ path: [UInt8]?) -> StoreError {
        StoreError(
            .missing, path ?? defaultPath, "no store was made here; as root, run `otp-enroll init`")
    }

    /// The records need a key that is not there.
    var keyIsGone: StoreError {
        StoreError(
            .missing, keyPath,
            "the seal key is gone, and the records need it; restore it from a backup")
    }

    /// A key whose store is not here.
    var lost: StoreError {
        let key = String(decoding: keyPath, as: UTF8.self)
        return StoreError(
            .unproven, path,
            "its marker is missing, so this is not the store that \(key) was made for; mount or"
                + " restore that one, or see `otp-enroll help init`")
    }

    /// The marker is of another key, or spoilt.
    var ofAnotherKey: StoreError {
        StoreError(
            .otherKey, path(of: Store.markerName),
            "it was made for another seal key; restore that key, or the store of this one")
    }

    /// Looks at the marker; one that is ours proves the store. What is wrong with the key is thrown.
    func marker() throws(StoreError) -> Marker {
        _ = try keyIfThere()
        let length = Store.sealedStart + Store.sealedOverhead + Store.nameLength
        // A byte more, by which one that is too long is known.
        guard let bytes = try contents(of: Store.markerName, count: length + 1) else {
            return .missing
        }
        guard bytes.count == length, bytes.starts(with: Store.magic),
            try opened(bytes.span.extracting(Store.sealedStart...), Store.binding) != nil
        else { return .notOurs }
        isProven = true
        return .ours
    }

    /// Writes the marker of this key in the place of one that is not.
    func writeMarker() throws(StoreError) {
        let standing = try marker()
        if standing == .ours { return }
        var name = try SystemRandom().bytes(Store.nameLength)
        guard let sealed = try sealed(&name, Store.binding) else {
            throw StoreError(.system, path(of: Store.markerName), "the marker cannot be sealed")
        }
        if standing == .notOurs { try unlinkIfThere(Store.markerName) }
        try writeLasting(Store.magic + (try keyID()) + sealed, as: Store.markerName)
    }

    /// The key; `nil` where there is none.
    func keyIfThere() throws(StoreError) -> SealKey? {
        do throws(StoreError) {
            return try key()
        } catch {
            guard error.code == .missing else { throw error }
            return nil
        }
    }
}
