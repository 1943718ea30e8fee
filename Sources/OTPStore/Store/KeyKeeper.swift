import Glibc
import OTPCore

/// Changes how the seal key of the default store is kept: in a file, or sealed by systemd's
/// credentials.
///
/// Only root's own command uses it, because that starts systemd-creds(1), and the service starts no
/// programs. It opens no records. Each of its steps is done completely or not at all, and in an order
/// in which each can be the last before a crash: see docs/FILEFORMAT.md.
public struct KeyKeeper: Sendable {
    /// The folder of what is on the disk.
    public static let folder = "/etc/swiftotp"
    /// The sealed key, and the next one while a rekey is under way.
    private static let credential = Array("seal.key.cred".utf8)
    private static let nextCredential = Array("seal.key.next.cred".utf8)

    private let disk = KeyPlace.disk, memory = KeyPlace.memory

    public init() {}

    /// Runs `body` while nobody else changes how the key is kept.
    public func alone<Result>(_ body: () throws -> Result) throws -> Result {
        let lock = try lock()
        defer { System.unlock(lock) }
        return try body()
    }

    private func lock() throws(StoreError) -> FileDescriptor {
        let opened = try SafeOpen.directory(disk.folder)
        do throws(Errno) {
            let file = try System.open([UInt8(ascii: ".")], in: opened, O_RDONLY | O_DIRECTORY)
            if try System.tryLock(file, shared: false) { return file }
        } catch {
            throw StoreError(disk.folder, error)
        }
        throw StoreError(.busy, disk.folder, "another command changes the seal key now")
    }

    // MARK: Looking

    /// What there is.
    public struct Standing: Sendable {
        /// How the key is sealed; `nil` if it is in a file.
        public let kept: KeyKept?
        /// Whether the key can be used now.
        public let isOpen: Bool
        /// Whether the key is in a file on the disk.
        public let hasFile: Bool
        /// Whether a rekey was not finished.
        public let isRekeying: Bool
        /// Whether there is something for the recovery key to open.
        public let hasRecovery: Bool
    }

    public func standing() throws(StoreError) -> Standing {
        let kept = try KeyKept.read()
        let isSealed = kept != nil
        let file = try fileKey()
        return Standing(
            kept: kept,
            isOpen: try isSealed ? has(KeyPlace.keyName, in: memory) : file != nil,
            hasFile: file != nil,
            isRekeying: try isSealed
                ? has(KeyKeeper.nextCredential, in: disk) : has(KeyPlace.nextName, in: disk),
            hasRecovery: try has(RecoveryFile.name, in: disk))
    }

    private func has(_ name: [UInt8], in place: KeyPlace) throws(StoreError) -> Bool {
        try place.contents(of: name, limit: 65_536) != nil
    }

    /// The key in its file on the disk, unless it was overwritten.
    private func fileKey() throws(StoreError) -> SealKeyBytes? {
        guard let own = try disk.contents(of: KeyPlace.keyName, limit: SealKeyFile.length),
            !System.isZero(own, 0..<min(8, own.count))
        else { return nil }
        _ = try SealKeyFile.key(own, path: disk.keyPath)
        return SealKeyBytes(own: own)
    }

    /// The keys in use. If a sealing was interrupted and its credential does not open, that is still
    /// the file.
    public func keys() throws(StoreError) -> SealKeyBytes {
        guard try KeyKept.read() != nil else {
            guard let key = try fileKey() else { throw disk.missing }
            return key
        }
        guard let own = try memory.contents(of: KeyPlace.keyName, limit: SealKeyFile.length) else {
            guard let key = try fileKey() else { throw memory.missing }
            return key
        }
        let next = try memory.contents(of: KeyPlace.nextName, limit: SealKeyFile.length)
        _ = try SealKeyFile.key(own, path: memory.keyPath)
        guard let next else { return SealKeyBytes(own: own) }
        _ = try SealKeyFile.key(next, path: memory.nextPath)
        // The same, if the end of a rekey was interrupted.
        return SealKeyBytes(own: own, next: next == own ? nil : next)
    }

    /// A sealed key on the disk, as systemd-creds(1) made it.
    public func credential(next: Bool) throws(StoreError) -> [UInt8]? {
        try disk.contents(
            of: next ? KeyKeeper.nextCredential : KeyKeeper.credential, limit: 65_536)
    }

    /// The keys that a recovery key opens.
    public func keys(by recovery: borrowing RecoveryKey) throws(StoreError) -> SealKeyBytes {
        let limit = RecoveryFile.maximumLength
        guard let bytes = try disk.contents(of: RecoveryFile.name, limit: limit) else {
            throw StoreError(
                .missing, disk.path(of: RecoveryFile.name),
                "no such file or directory; without it no recovery key opens anything")
        }
        return try RecoveryFile.opened(bytes, by: recovery)
    }

    /// Whether the store that is here has one of these keys, as far as its marker says.
    public func fits(_ keys: SealKeyBytes) throws(StoreError) -> Bool {
        let store = KeyPlace.inside(Store.defaultPath)
        let start = Store.markerStart.count
        guard let marker = try store.contents(of: Store.markerName, limit: 4096),
            marker.count == Store.markerLength
        else { return true }
        let id = marker[start..<start + SealKey.idLength]
        let all = [keys.own] + (keys.next.map { [$0] } ?? [])
        return all.contains { $0[8..<8 + SealKey.idLength].elementsEqual(id) }
    }

    /// Whether these options mean the default store: the key of any other is inside it, in a file.
    public static func serves(_ options: Options) -> Bool {
        options.store.map { Store.isDefault($0) } ?? true
    }

    // MARK: Sealing

    /// Keeps the keys for a recovery key. The one before opens nothing from now on.
    public func keep(
        _ keys: SealKeyBytes, for recovery: borrowing RecoveryKey
    ) throws(StoreError) {
        guard let bytes = try RecoveryFile.encoded(keys, by: recovery) else {
            throw StoreError(
                .system, disk.path(of: RecoveryFile.name), "the key cannot be sealed")
        }
        try disk.write(bytes, as: RecoveryFile.name)
    }

    /// Stores a sealed key.
    public func store(credential: [UInt8], next: Bool = false) throws(StoreError) {
        try disk.write(
            credential, as: next ? KeyKeeper.nextCredential : KeyKeeper.credential)
    }

    /// Opens the keys to the service.
    public func open(_ keys: SealKeyBytes) throws(StoreError) {
        try Store.makeFolder(memory.folder)
        // As readers look for them: whoever sees one, sees the next one before.
        for (name, key) in [(KeyPlace.nextName, keys.next), (KeyPlace.keyName, keys.own)] {
            guard let key else { continue }
            // Not if it is the same: somebody may have locked that file.
            if try memory.contents(of: name, limit: SealKeyFile.length) == key { continue }
            try memory.write(key, as: name)
        }
    }

    /// From now on the key is sealed. Its file is overwritten and removed.
    public func seal(_ kept: KeyKept) throws(StoreError) {
        let disk = disk
        try disk.destroy(KeyPlace.keyName) { () throws(StoreError) in
            try disk.write(kept.encoded, as: KeyKept.name)
        }
        try destroyLeftovers()
    }

    /// Overwrites and removes what writers have left that were killed: it may be the key.
    private func destroyLeftovers() throws(StoreError) {
        let opened = try SafeOpen.directory(disk.folder)
        let names: [[UInt8]]
        do throws(Errno) {
            names = try System.entries(of: opened)
        } catch {
            throw StoreError(disk.folder, error)
        }
        for name in names where NewFile.isTemporary(name) { try disk.destroy(name) }
    }

    /// Overwrites and removes the file that an interrupted sealing has left, if its key is the one
    /// that is open.
    public func finishSealing() throws(StoreError) {
        guard try KeyKept.read() != nil, let left = try fileKey(),
            try memory.contents(of: KeyPlace.keyName, limit: SealKeyFile.length) == left.own
        else { return }
        try disk.destroy(KeyPlace.keyName)
        try destroyLeftovers()
    }

    // MARK: Unsealing

    /// From now on the key is in a file. What was sealed is removed.
    public func unseal(_ keys: SealKeyBytes) throws(StoreError) {
        let disk = disk
        try disk.write(keys.own, as: KeyPlace.keyName)
        try memory.destroy(KeyPlace.keyName) { () throws(StoreError) in
            try disk.remove(KeyKept.name)
        }
        try removeSealed()
    }

    /// Removes what an interrupted unsealing has left.
    public func removeSealed() throws(StoreError) {
        for name in [RecoveryFile.name, KeyKeeper.credential, KeyKeeper.nextCredential] {
            try disk.remove(name)
        }
        try destroyLeftovers()
        if System.isMissing(memory.folder) { return }
        for name in [KeyPlace.keyName, KeyPlace.nextName] { try memory.destroy(name) }
    }

    // MARK: Rekeying

    /// The keys with a new one to follow.
    public func withNext(_ keys: SealKeyBytes) throws(StoreError) -> SealKeyBytes {
        keys.followed(by: try SealKeyFile.fresh())
    }

    /// The keys with this next one.
    public func keys(
        _ keys: SealKeyBytes, followedBy next: [UInt8]
    ) throws(StoreError) -> SealKeyBytes {
        _ = try SealKeyFile.key(next, path: disk.path(of: KeyKeeper.nextCredential))
        return keys.followed(by: next)
    }

    /// The next key has replaced the other one, so its credential does as well.
    public func endRekey() throws(StoreError) {
        let opened = try SafeOpen.directory(disk.folder)
        do throws(Errno) {
            try System.rename(
                KeyKeeper.nextCredential, to: KeyKeeper.credential, in: opened, replacing: true)
            try System.syncFolder(opened)
        } catch {
            throw StoreError(disk.path(of: KeyKeeper.nextCredential), error)
        }
    }
}
