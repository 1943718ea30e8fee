import Glibc
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
    private static let sealedStart =
        magic.count + SealKey.idLength + SealKey.nonceLength + SealKey.tagLength

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
        case .ours: isProven = true
        case .missing: throw lost
        case .notOurs: throw StoreError(.otherKey, path(of: Store.markerName), Store.otherStore)
        }
    }

    /// There is nothing of the store at `path`, or the default one.
    public static func notMade(_ path: [UInt8]?) -> StoreError {
        StoreError(
            .missing, path ?? defaultPath, "no store was made here; as root, run `otp-enroll init`")
    }

    /// A key whose store is not here.
    var lost: StoreError {
        StoreError(.unproven, path, Store.lostText(keyPath))
    }

    static func lostText(_ keyPath: [UInt8]) -> String {
        "its marker is missing, so this is not the store that \(String(decoding: keyPath, as: UTF8.self))"
            + " was made for; mount or restore that one, or see `otp-enroll help init`"
    }

    static let otherStore =
        "it was made for another seal key; restore that key, or the store of this one"

    /// Looks at the marker. What is wrong with the key is thrown.
    func marker() throws(StoreError) -> Marker {
        let key = try keyIfThere()
        let path = path(of: Store.markerName)
        let file: FileDescriptor
        do throws(StoreError) {
            file = try SafeOpen.open(
                Store.markerName, in: folder, path: path, O_RDONLY | O_NONBLOCK)
        } catch {
            guard error.code == .missing else { throw error }
            return .missing
        }
        let status = try SafeOpen.check(file, path: path, forbidden: 0o077)
        let length = Store.sealedStart + Store.nameLength
        guard status.size == Int64(length), let key else { return .notOurs }
        let bytes: [UInt8]
        do throws(Errno) {
            bytes = try System.read(file, at: 0, count: length)
        } catch {
            throw StoreError(path, error)
        }
        guard bytes.count == length, bytes.starts(with: Store.magic) else { return .notOurs }
        let nonce = Store.magic.count + SealKey.idLength
        let tag = nonce + SealKey.nonceLength
        var name = Array(bytes[Store.sealedStart...])
        let isOurs = key.open(
            &name, nonce: bytes.span.extracting(nonce..<tag), binding: Store.binding.span,
            tag: bytes.span.extracting(tag..<Store.sealedStart))
        return isOurs ? .ours : .notOurs
    }

    /// Writes the marker of this key in the place of one that is not.
    func writeMarker() throws(StoreError) {
        let standing = try marker()
        if standing == .ours { return }
        let path = path(of: Store.markerName)
        let random = SystemRandom()
        let nonce = try random.bytes(SealKey.nonceLength)
        var name = try random.bytes(Store.nameLength)
        let key = try key()
        guard let tag = key.seal(&name, nonce: nonce.span, binding: Store.binding.span) else {
            throw StoreError(.system, path, "the marker cannot be sealed")
        }
        if standing == .notOurs {
            do throws(Errno) {
                try System.unlink(Store.markerName, in: folder)
            } catch {
                if error.number != ENOENT { throw StoreError(path, error) }
            }
        }
        let bytes = [UInt8](capacity: Store.sealedStart + Store.nameLength) { bytes in
            for part in [Store.magic, key.id, nonce] { bytes.write(copying: part.span) }
            bytes.write(copying: tag.span)
            bytes.write(copying: name.span)
        }
        try writeLasting(bytes, as: Store.markerName)
    }

    /// Writes a file that outlives a power cut; one that somebody else has written stays.
    func writeLasting(_ bytes: [UInt8], as name: [UInt8]) throws(StoreError) {
        do throws(StoreError) {
            _ = try NewFile.write(bytes, as: name, in: folder, for: .key, path: path(of: name))
        } catch {
            if error.code != .exists { throw error }
        }
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
