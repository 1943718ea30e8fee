import Glibc
import OTPCore

/// A folder that the seal key of a store can be in.
struct KeyPlace: Equatable {
    let folder: [UInt8]
    /// Whether the key is sealed, and was opened to there.
    let isMemory: Bool

    static let keyName = Array("seal.key".utf8)
    static let nextName = Array("seal.key.next".utf8)

    /// Where the default store's key is kept, in a file or sealed.
    static let disk = KeyPlace(folder: Array("/etc/swiftotp".utf8), isMemory: false)
    /// Where a sealed key is once it was opened: in memory, gone with the next start of the machine.
    static let memory = KeyPlace(folder: Array("/run/swiftotp-key".utf8), isMemory: true)

    /// Inside a store that is not the default one.
    static func inside(_ store: [UInt8]) -> KeyPlace { KeyPlace(folder: store, isMemory: false) }

    var keyPath: [UInt8] { path(of: KeyPlace.keyName) }
    var nextPath: [UInt8] { path(of: KeyPlace.nextName) }

    func path(of name: [UInt8]) -> [UInt8] { folder + [UInt8(ascii: "/")] + name }

    /// The key is not here.
    var missing: StoreError {
        isMemory
            ? StoreError(
                .sealed, KeyPlace.disk.path(of: KeyKept.name),
                "the seal key is sealed, and was not opened; `otp-enroll seal --recover` opens it")
            : StoreError(
                .missing, keyPath, "no such file or directory; restore the seal key from a backup")
    }

    /// The contents of a file, at most `limit` bytes; `nil` if there is none. The caller wipes them.
    func contents(of name: [UInt8], limit: Int) throws(StoreError) -> [UInt8]? {
        let path = path(of: name)
        do throws(StoreError) {
            let opened = try SafeOpen.directory(folder)
            let file = try SafeOpen.open(name, in: opened, path: path, O_RDONLY | O_NONBLOCK)
            let size = try SafeOpen.check(file, path: path, forbidden: 0o077).size
            guard size <= limit else { throw StoreError(.damaged, path, "it is too long") }
            return try SafeOpen.read(file, count: Int(size), path: path)
        } catch {
            guard error.code == .missing else { throw error }
            return nil
        }
    }

    /// Writes a file, in place of an older one. When this returns, it survives a power cut, if
    /// anything in the folder does.
    func write(_ contents: [UInt8], as name: [UInt8]) throws(StoreError) {
        let opened = try SafeOpen.directory(folder)
        _ = try NewFile.write(
            contents, as: name, in: opened, for: .key, path: path(of: name), replacing: true)
    }

    /// Removes a file so that a power cut does not bring it back; it need not be there.
    func remove(_ name: [UInt8]) throws(StoreError) {
        let opened = try SafeOpen.directory(folder)
        do throws(Errno) {
            try System.unlink(name, in: opened)
            try System.syncFolder(opened)
        } catch {
            if error.number != ENOENT { throw StoreError(path(of: name), error) }
        }
    }

    /// Overwrites a file, locked for this process alone, while `body` runs before that; then removes
    /// it. Whoever waits for the lock finds that it has no name any more, and looks again.
    func destroy(
        _ name: [UInt8], after body: () throws(StoreError) -> Void = {}
    ) throws(StoreError) {
        let path = path(of: name)
        guard try contents(of: name, limit: 4096) != nil else { return try body() }
        let opened = try SafeOpen.directory(folder)
        let file = try SafeOpen.open(name, in: opened, path: path, O_RDWR | O_NONBLOCK)
        let size = try SafeOpen.check(file, path: path, forbidden: 0o077).size
        try RecordFile.lock(
            file, shared: false, until: try RecordFile.now() + RecordFile.lockWait, path: path)
        defer { System.unlock(file) }
        try body()
        do throws(Errno) {
            try System.write(
                [UInt8](repeating: 0, count: Int(clamping: size)), to: file, at: 0)
            try System.sync(file)
            try System.unlink(name, in: opened)
            try System.syncFolder(opened)
        } catch {
            throw StoreError(path, error)
        }
    }
}
