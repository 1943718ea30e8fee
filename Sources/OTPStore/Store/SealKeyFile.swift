import Glibc
import OTPCore

/// The seal key's file: `SWOTPKEY`, the key's eight-byte id, and the 32 bytes of the key.
enum SealKeyFile {
    private static var magic: [UInt8] { [UInt8]("SWOTPKEY" as StaticString) }
    private static let length = 8 + SealKey.idLength + SealKey.keyLength

    /// Reads the key of `store`.
    static func read(for store: Store) throws(StoreError) -> SealKey {
        let path = store.keyPath
        let file: FileDescriptor
        do throws(StoreError) {
            file = try open(for: store)
        } catch {
            guard error.code == .missing else { throw error }
            throw StoreError(
                .missing, path, "no such file or directory; restore the seal key from a backup")
        }
        let status = try SafeOpen.check(file, path: path, forbidden: 0o077)
        guard status.size == Int64(length) else { throw damaged(path) }
        var bytes = try SafeOpen.read(file, count: length, path: path)
        defer { Secret.wipe(&bytes) }
        guard bytes.count == length, bytes.span.extracting(first: 8).isEqual(to: magic.span)
        else { throw damaged(path) }
        let id = bytes.span.extracting(8..<8 + SealKey.idLength).array
        let key = Secret(copying: bytes.span.extracting((length - SealKey.keyLength)...))
        guard let key = SealKey(id: id, key: key) else { throw damaged(path) }
        return key
    }

    /// A key inside the store does not need a second walk to the folder that is already open.
    private static func open(for store: Store) throws(StoreError) -> FileDescriptor {
        guard store.keepsKey else { return try SafeOpen.file(store.keyPath, O_RDONLY) }
        return try SafeOpen.open(
            [UInt8]("seal.key" as StaticString), in: store.folder, path: store.keyPath,
            O_RDONLY | O_NONBLOCK)
    }

    /// Makes a key at `path`, and its folder if that is missing. If somebody else made one first,
    /// that one stays.
    static func make(_ path: [UInt8]) throws(StoreError) {
        guard let slash = path.lastIndex(of: UInt8(ascii: "/")) else {
            throw StoreError(.unsafe, path, "not an absolute path")
        }
        let folderPath = Array(path[..<slash])
        try Store.makeFolder(folderPath)
        let folder = try SafeOpen.directory(folderPath)
        let random = SystemRandom()
        var contents = magic
        contents.reserveCapacity(length)
        contents += try random.bytes(SealKey.idLength)
        contents += try random.bytes(SealKey.keyLength)
        defer { Secret.wipe(&contents) }
        do throws(StoreError) {
            _ = try NewFile.write(
                contents, as: Array(path[(slash + 1)...]), in: folder, for: .key, path: path)
        } catch {
            if error.code != .exists { throw error }
        }
    }

    private static func damaged(_ path: [UInt8]) -> StoreError {
        StoreError(.damaged, path, "not a seal key; restore it from a backup")
    }
}
