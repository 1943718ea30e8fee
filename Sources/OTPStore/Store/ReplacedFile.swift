import Glibc
import OTPCore

/// A sealed file of the store that is replaced as a whole, under a lock of its own.
struct ReplacedFile {
    let name: [UInt8]
    /// How long its plain contents may be, in bytes.
    let maximumLength: Int
    /// What is lost without it, for the error about a damaged one.
    let loss: String

    private let binding: [UInt8]

    init(_ name: String, maximumLength: Int, loss: String) {
        self.name = Array(name.utf8)
        self.maximumLength = maximumLength
        self.loss = loss
        binding = Array("swiftotp \(name)".utf8)
    }

    /// The contents; `nil` if there is no such file yet. Throws if it is not what the store wrote.
    func contents<Contents>(
        in store: Store, _ decode: ([UInt8]) -> Contents?
    ) throws(StoreError) -> Contents? {
        let length = maximumLength + SealKey.sealedOverhead
        guard let sealed = try store.contents(of: name, count: length) else { return nil }
        guard let plain = try store.opened(sealed.span, binding), let contents = decode(plain)
        else {
            throw StoreError(
                .damaged, store.path(of: name),
                "it was changed, or sealed with another key; without it, \(loss)")
        }
        return contents
    }

    /// Replaces the contents. When this returns, that survives a power cut.
    func replace(by plain: consuming [UInt8], in store: Store) throws(StoreError) {
        let path = store.path(of: name)
        guard let sealed = try store.sealed(&plain, binding) else {
            throw StoreError(.system, path, "it cannot be sealed")
        }
        _ = try NewFile.write(
            sealed, as: name, in: store.folder, for: .record, path: path, replacing: true)
    }

    /// Seals the file with the current key, if there is one.
    func reseal(in store: Store) throws(StoreError) {
        guard try store.has(name) else { return }
        try locked(in: store) { () throws(StoreError) in
            guard let plain = try contents(in: store, { $0 }) else { return }
            try replace(by: plain, in: store)
        }
    }

    /// Runs `body` while nobody else changes the file.
    func locked<Result>(
        in store: Store, _ body: () throws(StoreError) -> Result
    ) throws(StoreError) -> Result {
        let lock = try lock(in: store)
        defer { System.unlock(lock) }
        // A rekey that has begun seals the file anew once, under the lock above.
        let hold = try store.holdKey()
        defer { System.unlock(hold) }
        return try body()
    }

    /// A file of its own, because the other one is replaced.
    private func lock(in store: Store) throws(StoreError) -> FileDescriptor {
        let name = name + Array(".lock".utf8)
        let path = store.path(of: name)
        if try store.openIfThere(name) == nil { try store.writeLasting([], as: name) }
        guard let file = try store.openIfThere(name) else {
            throw StoreError(.missing, path, "somebody has removed it")
        }
        _ = try SafeOpen.check(file, path: path, forbidden: 0o077)
        try RecordFile.lock(
            file, shared: false, until: try RecordFile.now() + RecordFile.lockWait, path: path)
        return file
    }
}
