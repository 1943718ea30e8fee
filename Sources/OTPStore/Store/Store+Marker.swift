import OTPCore

// A store proves that it is the store by a marker, sealed with its key. If a disk is not mounted,
// or the folder was made anew, every record is missing, and without the marker that means nothing.
// The marker's bytes: `SWOTPMRK`, the key's id, nonce, tag, and 16 sealed bytes that name the
// store.
extension Store {
    static let markerName = Array("marker".utf8)
    /// A file that exists while a store is being made, to tell an interrupted making from a lost
    /// store.
    static let makingName = Array("making".utf8)
    static let markerStart = Array("SWOTPMRK".utf8)
    static let markerBinding = Array("swiftotp marker".utf8)
    private static let nameLength = 16
    static let markerLength =
        markerStart.count + SealKey.idLength + SealKey.sealedOverhead + nameLength
    private static let sealedStart = markerStart.count + SealKey.idLength

    /// What the marker says.
    enum Marker: Equatable {
        case ours
        case missing
        /// Of another key, or damaged.
        case notOurs
    }

    /// Checks that this is the store that belongs to its key, so that a missing record means there
    /// never was one.
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

    /// None of the store at `path`, or of the default one, exists.
    public static func notMade(_ path: [UInt8]?) -> StoreError {
        StoreError(
            .missing, path ?? defaultPath, "no store was made here; as root, run `otp-enroll init`")
    }

    /// The records need a key that is gone.
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

    /// The marker is of another key, or damaged.
    var ofAnotherKey: StoreError {
        StoreError(
            .otherKey, path(of: Store.markerName),
            "it was made for another seal key; restore that key, or the store of this one")
    }

    /// Checks the marker; if it is ours, the store is proven. Trouble with the key throws.
    func marker() throws(StoreError) -> Marker {
        _ = try keyIfThere()
        // One byte more, to recognize one that is too long.
        guard let bytes = try contents(of: Store.markerName, count: Store.markerLength + 1) else {
            return .missing
        }
        guard try markerContents(bytes) != nil else { return .notOurs }
        isProven = true
        return .ours
    }

    /// What a marker's file has sealed; `nil` if it is not ours.
    func markerContents(_ bytes: [UInt8]) throws(StoreError) -> [UInt8]? {
        guard bytes.count == Store.markerLength, bytes.starts(with: Store.markerStart) else {
            return nil
        }
        return try opened(bytes.span.extracting(Store.sealedStart...), Store.markerBinding)
    }

    /// Writes the marker of this key, replacing one that is not.
    func writeMarker() throws(StoreError) {
        let standing = try marker()
        if standing == .ours { return }
        var name = try SystemRandom().bytes(Store.nameLength)
        guard let sealed = try sealed(&name, Store.markerBinding) else {
            throw StoreError(.system, path(of: Store.markerName), "the marker cannot be sealed")
        }
        if standing == .notOurs { try unlinkIfThere(Store.markerName) }
        try writeLasting(Store.markerStart + (try keyID()) + sealed, as: Store.markerName)
    }

    /// The key; `nil` if there is none.
    func keyIfThere() throws(StoreError) -> SealKey? {
        do throws(StoreError) {
            return try key()
        } catch {
            guard error.code == .missing else { throw error }
            return nil
        }
    }
}
