import Glibc
import OTPCore

/// The seal key's file: `SWOTPKEY`, the key's eight-byte id, and the 32 bytes of the key.
///
/// A rekey makes a second one next to it, with `.next` after its name. While that exists, both keys
/// open, and what is new is sealed with the next one.
enum SealKeyFile {
    private static var magic: [UInt8] { [UInt8]("SWOTPKEY" as StaticString) }
    static let length = 8 + SealKey.idLength + SealKey.keyLength
    /// How often to look again at a file that is replaced at the same time.
    private static let maximumTries = 8

    /// Reads the keys of `store`. The next key comes first: if it is not there yet, the other one
    /// has not been destroyed.
    static func read(for store: Store) throws(StoreError) -> SealKeys {
        let keys = try bytes(for: store)
        let own = try key(keys.own, path: store.keyPath)
        guard let bytes = keys.next else { return SealKeys(current: own, earlier: nil) }
        let next = try key(bytes, path: store.nextKeyPath)
        // Destroyed, or the same by an interrupted end of a rekey.
        guard next.id != own.id else { return SealKeys(current: own, earlier: nil) }
        return SealKeys(current: next, earlier: own)
    }

    /// The files of the keys. Of a key that was destroyed there is only the next one, and that is
    /// then the store's own.
    static func bytes(for store: Store) throws(StoreError) -> SealKeyBytes {
        for _ in 0..<maximumTries {
            let found = try inFolder(of: store) {
                (folder, place) throws(StoreError) -> SealKeyBytes? in
                let next = try contents(KeyPlace.nextName, in: folder, place)
                guard let own = try contents(KeyPlace.keyName, in: folder, place) else {
                    throw place.missing
                }
                guard System.isZero(own, 0..<8) else { return SealKeyBytes(own: own, next: next) }
                return next.map { SealKeyBytes(own: $0) }
            }
            // Destroyed, and its successor not there: it was, and has its name by now.
            if let found { return found }
        }
        throw damaged(store.keyPath)
    }

    /// The bytes of a file of the right length; `nil` if there is none.
    private static func contents(
        _ name: [UInt8], in folder: borrowing FileDescriptor, _ place: KeyPlace
    ) throws(StoreError) -> [UInt8]? {
        let path = place.path(of: name)
        do throws(StoreError) {
            let file = try SafeOpen.open(name, in: folder, path: path, O_RDONLY | O_NONBLOCK)
            let status = try SafeOpen.check(file, path: path, forbidden: 0o077)
            guard status.size == Int64(length) else { throw damaged(path) }
            let bytes = try SafeOpen.read(file, count: length, path: path)
            guard bytes.count == length else { throw damaged(path) }
            return bytes
        } catch {
            guard error.code == .missing else { throw error }
            return nil
        }
    }

    /// The key in a file's bytes.
    static func key(_ bytes: [UInt8], path: [UInt8]) throws(StoreError) -> SealKey {
        guard bytes.count == length, bytes.span.extracting(first: 8).isEqual(to: magic.span) else {
            throw damaged(path)
        }
        let id = bytes.span.extracting(8..<8 + SealKey.idLength).array
        let key = Secret(copying: bytes.span.extracting((length - SealKey.keyLength)...))
        guard let key = SealKey(id: id, key: key) else { throw damaged(path) }
        return key
    }

    /// A new key, as a file has it. The caller wipes it.
    static func fresh() throws(StoreError) -> [UInt8] {
        let random = SystemRandom()
        var contents = magic
        contents.reserveCapacity(length)
        contents += try random.bytes(SealKey.idLength)
        contents += try random.bytes(SealKey.keyLength)
        return contents
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
        var contents = try fresh()
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
                (folder, place) throws(StoreError) -> FileDescriptor in
                do throws(StoreError) {
                    return try SafeOpen.open(
                        KeyPlace.keyName, in: folder, path: place.keyPath,
                        (shared ? O_RDONLY : O_RDWR) | O_NONBLOCK)
                } catch {
                    throw error.code == .missing ? place.missing : error
                }
            }
            _ = try SafeOpen.check(file, path: store.keyPath, forbidden: 0o077)
            try RecordFile.lock(file, shared: shared, until: deadline, path: store.keyPath)
            // Replaced while we waited for the lock: look again.
            if try SafeOpen.status(of: file, path: store.keyPath).links > 0 { return file }
        }
        throw StoreError(.busy, store.keyPath, "it keeps being replaced")
    }

    /// Makes the next key, unless there is one. When this returns, it survives a power cut. One that
    /// is to be sealed is there already: whoever sealed it has put it there.
    static func makeNext(for store: Store) throws(StoreError) {
        let lock = try lock(for: store, shared: false)
        defer { System.unlock(lock) }
        try inFolder(of: store) { (folder, place) throws(StoreError) in
            if !place.isMemory { try make(KeyPlace.nextName, in: folder, path: place.nextPath) }
            do throws(StoreError) {
                // One that exists was left by somebody who may have been killed before this.
                try sync(KeyPlace.nextName, in: folder, path: place.nextPath)
            } catch {
                guard error.code == .missing else { throw error }
                throw StoreError(
                    .system, place.nextPath,
                    "the seal key is sealed; only `otp-enroll rekey` by itself, without --socket,"
                        + " makes the next one")
            }
        }
    }

    /// Overwrites the earlier key, whose file is `old`, locked for this process alone; then gives
    /// its name to the next one.
    static func replace(
        _ old: borrowing FileDescriptor, for store: Store
    ) throws(StoreError) {
        try inFolder(of: store) { (folder, place) throws(StoreError) in
            do throws(StoreError) {
                try sync(KeyPlace.nextName, in: folder, path: place.nextPath)
            } catch {
                // Without a next one, what is locked is the only key.
                if error.code == .missing { return }
                throw error
            }
            do throws(Errno) {
                try System.write([UInt8](repeating: 0, count: length), to: old, at: 0)
                try System.sync(old)
                try System.rename(
                    KeyPlace.nextName, to: KeyPlace.keyName, in: folder, replacing: true)
                try System.syncFolder(folder)
            } catch {
                throw StoreError(place.keyPath, error)
            }
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

    /// Runs `body` with the folder that the key is in now. A key inside the store does not need a
    /// second walk to the folder that is already open. If the key is missing because it was sealed
    /// meanwhile, or is no longer, `body` runs again.
    private static func inFolder<Result: ~Copyable>(
        of store: Store,
        _ body: (borrowing FileDescriptor, KeyPlace) throws(StoreError) -> Result
    ) throws(StoreError) -> Result {
        if store.keepsKey { return try body(store.folder, .inside(store.path)) }
        for _ in 0..<maximumTries {
            let disk = try SafeOpen.directory(KeyPlace.disk.folder[...], for: store.keyPath)
            let isSealed = try KeyKept.isSealed(in: disk)
            do throws(StoreError) {
                guard isSealed else { return try body(disk, .disk) }
                let memory: FileDescriptor
                do throws(StoreError) {
                    memory = try SafeOpen.directory(KeyPlace.memory.folder)
                } catch {
                    throw error.code == .missing ? KeyPlace.memory.missing : error
                }
                return try body(memory, .memory)
            } catch {
                guard error.code == .missing || error.code == .sealed,
                    try KeyKept.isSealed(in: disk) != isSealed
                else { throw error }
            }
        }
        throw StoreError(.busy, store.keyPath, "it keeps being replaced")
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
