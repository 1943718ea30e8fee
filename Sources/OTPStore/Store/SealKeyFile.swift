import Glibc
import OTPCore

/// The seal key's file: `SWOTPKEY`, the key's eight-byte id, and the 32 bytes of the key.
///
/// A rekey makes a second one next to it, with `.next` after its name. While that exists, both keys
/// open, and what is new is sealed with the next one.
enum SealKeyFile {
    private static var magic: [UInt8] { [UInt8]("SWOTPKEY" as StaticString) }
    private static let length = 8 + SealKey.idLength + SealKey.keyLength
    /// How often to look again at a file that is replaced at the same time.
    private static let maximumTries = 8

    /// Reads the keys of `store`. The next key comes first: if it is not there yet, the other one
    /// has not been destroyed.
    static func read(for store: Store) throws(StoreError) -> SealKeys {
        for _ in 0..<maximumTries {
            let found = try inFolder(of: store) {
                (folder, name) throws(StoreError) -> SealKeys? in
                var next: SealKey?
                do throws(StoreError) {
                    next = try read(nextName(name), in: folder, path: store.nextKeyPath)
                } catch {
                    guard error.code == .missing else { throw error }
                }
                guard let own = try readOwn(name, in: folder, path: store.keyPath) else {
                    return next.map { SealKeys(current: $0, earlier: nil) }
                }
                guard let next, next.id != own.id else {
                    return SealKeys(current: own, earlier: nil)
                }
                return SealKeys(current: next, earlier: own)
            }
            // Destroyed, and its successor not there: it was, and has its name by now.
            if let found { return found }
        }
        throw damaged(store.keyPath)
    }

    /// The key under the main name; `nil` if it was destroyed.
    private static func readOwn(
        _ name: [UInt8], in folder: borrowing FileDescriptor, path: [UInt8]
    ) throws(StoreError) -> SealKey? {
        do throws(StoreError) {
            return try read(name, in: folder, path: path)
        } catch {
            guard error.code == .missing else { throw error }
            throw StoreError(
                .missing, path, "no such file or directory; restore the seal key from a backup")
        }
    }

    private static func read(
        _ name: [UInt8], in folder: borrowing FileDescriptor, path: [UInt8]
    ) throws(StoreError) -> SealKey? {
        let file = try SafeOpen.open(name, in: folder, path: path, O_RDONLY | O_NONBLOCK)
        let status = try SafeOpen.check(file, path: path, forbidden: 0o077)
        guard status.size == Int64(length) else { throw damaged(path) }
        var bytes = try SafeOpen.read(file, count: length, path: path)
        defer { Secret.wipe(&bytes) }
        guard bytes.count == length else { throw damaged(path) }
        if System.isZero(bytes, 0..<8) { return nil }
        guard bytes.span.extracting(first: 8).isEqual(to: magic.span) else { throw damaged(path) }
        let id = bytes.span.extracting(8..<8 + SealKey.idLength).array
        let key = Secret(copying: bytes.span.extracting((length - SealKey.keyLength)...))
        guard let key = SealKey(id: id, key: key) else { throw damaged(path) }
        return key
    }

    /// Makes a key at `path`, and its folder if that is missing. If somebody else made one first,
    /// that one stays.
    static func make(_ path: [UInt8]) throws(StoreError) {
        let (folderPath, name) = try split(path)
        try Store.makeFolder(Array(folderPath))
        let folder = try SafeOpen.directory(folderPath, for: path)
        try make(name, in: folder, path: path)
    }

    private static func make(
        _ name: [UInt8], in folder: borrowing FileDescriptor, path: [UInt8]
    ) throws(StoreError) {
        let random = SystemRandom()
        var contents = magic
        contents.reserveCapacity(length)
        contents += try random.bytes(SealKey.idLength)
        contents += try random.bytes(SealKey.keyLength)
        defer { Secret.wipe(&contents) }
        do throws(StoreError) {
            _ = try NewFile.write(contents, as: name, in: folder, for: .key, path: path)
        } catch {
            if error.code != .exists { throw error }
        }
    }

    // MARK: Rekeying

    /// Opens and locks the key's file, as it is named now.
    static func lock(for store: Store, shared: Bool) throws(StoreError) -> FileDescriptor {
        let deadline = try RecordFile.now() + RecordFile.lockWait
        for _ in 0..<maximumTries {
            let file = try inFolder(of: store) {
                (folder, name) throws(StoreError) -> FileDescriptor in
                try SafeOpen.open(
                    name, in: folder, path: store.keyPath,
                    (shared ? O_RDONLY : O_RDWR) | O_NONBLOCK)
            }
            _ = try SafeOpen.check(file, path: store.keyPath, forbidden: 0o077)
            try RecordFile.lock(file, shared: shared, until: deadline, path: store.keyPath)
            // Replaced while we waited for the lock: look again.
            if try SafeOpen.status(of: file, path: store.keyPath).links > 0 { return file }
        }
        throw StoreError(.busy, store.keyPath, "it keeps being replaced")
    }

    /// Makes the next key, unless there is one. When this returns, it survives a power cut.
    static func makeNext(for store: Store) throws(StoreError) {
        let lock = try lock(for: store, shared: false)
        defer { System.unlock(lock) }
        try inFolder(of: store) { (folder, name) throws(StoreError) in
            try make(nextName(name), in: folder, path: store.nextKeyPath)
            // One that exists was left by somebody who may have been killed before this.
            try sync(nextName(name), in: folder, path: store.nextKeyPath)
        }
    }

    /// Overwrites the earlier key, whose file is `old`, locked for this process alone; then gives
    /// its name to the next one.
    static func replace(
        _ old: borrowing FileDescriptor, for store: Store
    ) throws(StoreError) {
        let (folderPath, name) = try split(store.keyPath)
        let folder = try SafeOpen.directory(folderPath, for: store.keyPath)
        do throws(StoreError) {
            try sync(nextName(name), in: folder, path: store.nextKeyPath)
        } catch {
            // Without a next one, what is locked is the only key.
            if error.code == .missing { return }
            throw error
        }
        do throws(Errno) {
            try System.write([UInt8](repeating: 0, count: length), to: old, at: 0)
            try System.sync(old)
            try System.rename(nextName(name), to: name, in: folder, replacing: true)
            try System.syncFolder(folder)
        } catch {
            throw StoreError(store.keyPath, error)
        }
        store.forgetKeys()
    }

    private static func sync(
        _ name: [UInt8], in folder: borrowing FileDescriptor, path: [UInt8]
    ) throws(StoreError) {
        let file = try SafeOpen.open(name, in: folder, path: path, O_RDONLY | O_NONBLOCK)
        do throws(Errno) {
            try System.sync(file)
            try System.syncFolder(folder)
        } catch {
            throw StoreError(path, error)
        }
    }

    // MARK: Paths

    private static func nextName(_ name: [UInt8]) -> [UInt8] { name + Array(".next".utf8) }

    /// Runs `body` with the folder of the key and its name there. A key inside the store does not
    /// need a second walk to the folder that is already open.
    private static func inFolder<Result: ~Copyable>(
        of store: Store,
        _ body: (borrowing FileDescriptor, [UInt8]) throws(StoreError) -> Result
    ) throws(StoreError) -> Result {
        let (folderPath, name) = try split(store.keyPath)
        if store.keepsKey { return try body(store.folder, name) }
        let folder = try SafeOpen.directory(folderPath, for: store.keyPath)
        return try body(folder, name)
    }

    private static func split(
        _ path: [UInt8]
    ) throws(StoreError) -> (folder: ArraySlice<UInt8>, name: [UInt8]) {
        guard let slash = path.lastIndex(of: UInt8(ascii: "/")) else {
            throw StoreError(.unsafe, path, "not an absolute path")
        }
        return (path[..<slash], Array(path[(slash + 1)...]))
    }

    private static func damaged(_ path: [UInt8]) -> StoreError {
        StoreError(.damaged, path, "not a seal key; restore it from a backup")
    }
}
