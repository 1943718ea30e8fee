import Glibc
import OTPCore

/// One user's record, open and locked.
///
/// A commit writes the older of two slots and syncs once. Before its first write, a session writes
/// again and syncs what the last writer left unsynced (because it was killed, or the sync failed).
/// So the slot that counts is on the disk whenever the other one is written, and a torn write can
/// only hit the one that does not count yet.
public final class RecordFile: RecordSession {
    private let store: Store
    private let path: [UInt8]
    private let head: [UInt8]
    /// The key that it is sealed with, also if a rekey has begun since.
    let key: SealKey
    private let file: FileDescriptor
    private let user: User
    private var record: Record
    private var generation: UInt64
    private var slot: Int
    private var settled: UInt64
    private let unsettled: [UInt8]

    /// How long to wait for a lock, in milliseconds.
    static let lockWait: Int64 = 10_000
    /// How often to look for a record that is removed at the same time, or that a file system says
    /// is.
    private static let maximumTries = 100

    fileprivate init(
        _ contents: consuming RecordContents, file: consuming FileDescriptor, of user: User,
        store: Store,
        path: [UInt8]
    ) {
        self.store = store
        self.user = user
        self.path = path
        self.file = file
        head = contents.head
        key = contents.key
        generation = contents.generation
        slot = contents.slot
        settled = contents.settled
        unsettled = contents.unsettled
        record = contents.record
    }

    // MARK: RecordSession

    public func withRecord<Result, Failure: Error>(
        _ body: (inout Record) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try body(&record)
    }

    public func charge() throws(StoreError) {
        try settle()
        var plain = record.throttle.encoded
        let charge = try SealedPart.seal(
            &plain, generation: generation, with: key,
            binding: RecordLayout.chargeBinding(head, generation: generation), path: path)
        try onFile { (file) throws(Errno) in
            try System.write(
                charge, to: file, at: RecordLayout.chargeOffset,
                zerosUpTo: RecordLayout.chargeSize)
        }
    }

    public func commit() throws(StoreError) {
        try settle()
        let next = generation.addingReportingOverflow(1)
        guard !next.overflow else { throw StoreError(.damaged, path, "no generation is left") }
        let target = 1 - slot
        let block = try RecordFile.slotBlock(
            record, generation: next.partialValue, slot: target, head: head, key: key,
            path: path)
        try onFile { (file) throws(Errno) in
            try System.write(
                block, to: file, at: RecordLayout.slotOffset(target),
                zerosUpTo: RecordLayout.blockSize)
            try System.syncData(file)
        }
        generation = next.partialValue
        slot = target
        settled = generation
        // Not synced: if it is lost, the next writer syncs once more.
        try? onFile { (file) throws(Errno) in
            try System.write(
                RecordLayout.mark(generation), to: file, at: RecordLayout.markOffset)
        }
        store.tell(record.takeUntold(), to: user, in: record.language)
    }

    public func close() { System.unlock(file) }

    /// Syncs what an earlier writer left behind. It is written again, with the same bytes, because
    /// after a failed write the system takes the data for written, and reports the error only once.
    /// If the maker did not get as far as syncing the record's name, that is synced as well.
    private func settle() throws(StoreError) {
        guard settled != generation else { return }
        try onFile { (file) throws(Errno) in
            try System.write(unsettled, to: file, at: RecordLayout.slotOffset(slot))
            try System.syncData(file)
            if settled == 0 { try System.syncFolder(store.folder) }
        }
        settled = generation
    }

    private func onFile(
        _ body: (borrowing FileDescriptor) throws(Errno) -> Void
    ) throws(StoreError) {
        do throws(Errno) {
            try body(file)
        } catch {
            throw StoreError(path, error)
        }
    }
}

// MARK: Opening and making

extension RecordFile {
    /// Opens, locks and reads the record of `user` in the file `name`; `nil` if there is none.
    static func open(
        _ user: User, as name: [UInt8], in store: Store, writing: Bool
    ) throws(StoreError) -> RecordFile? {
        let path = store.path(of: name)
        let deadline = try now() + lockWait
        for _ in 0..<maximumTries {
            let flags = writing ? O_RDWR : O_RDONLY
            guard let file = try store.openIfThere(name, flags) else { return nil }
            _ = try SafeOpen.check(file, path: path, forbidden: 0o077)
            try lock(file, shared: !writing, until: deadline, path: path)
            // Removed while we waited for the lock: look again.
            let status = try SafeOpen.status(of: file, path: path)
            if status.links == 0 { continue }
            if writing { try checkLimit(path) }
            return try read(file, status, of: user, in: store, path: path)
        }
        throw StoreError(.busy, path, "it keeps being removed and created again")
    }

    private static func checkLimit(_ path: [UInt8]) throws(StoreError) {
        do throws(Errno) {
            try System.checkLimit(of: RecordLayout.fileSize)
        } catch {
            throw StoreError(path, error)
        }
    }

    private static func read(
        _ file: consuming FileDescriptor, _ status: FileStatus, of user: User, in store: Store,
        path: [UInt8]
    ) throws(StoreError) -> RecordFile {
        guard status.size == Int64(RecordLayout.fileSize) else {
            throw StoreError(.damaged, path, "its size is wrong; restore it, or remove it")
        }
        let bytes = try SafeOpen.read(file, count: RecordLayout.fileSize, path: path)
        let contents = try RecordContents(bytes, of: user, in: store, path: path)
        return RecordFile(contents, file: file, of: user, store: store, path: path)
    }

    /// Makes the file `name` of a user who has none, with `record` in it. Throws `.exists` if
    /// somebody else made one first.
    static func make(
        _ record: borrowing Record, of user: User, as name: [UInt8], in store: Store
    ) throws(StoreError) {
        let path = store.path(of: name)
        let bytes = try contents(record, of: user, settled: 0, in: store, path: path)
        let file = try NewFile.write(
            bytes, as: name, in: store.folder, for: .record, path: path)
        // Not synced: if it is lost, the first writer syncs once more.
        try? System.write(RecordLayout.mark(1), to: file, at: RecordLayout.markOffset)
        store.tell(record.untold, to: user, in: record.language)
    }

    /// The bytes of a new file with `record` in it; *settled* is 0 until the file's name is on the
    /// disk.
    static func contents(
        _ record: borrowing Record, of user: User, settled: UInt64, in store: Store, path: [UInt8]
    ) throws(StoreError) -> [UInt8] {
        let key = try store.key()
        let head = RecordLayout.head(of: user, keyID: key.id)
        var bytes = head
        bytes.reserveCapacity(RecordLayout.fileSize)
        func fill(to offset: Int) {
            bytes += [UInt8](repeating: 0, count: max(0, offset - bytes.count))
        }
        fill(to: RecordLayout.markOffset)
        bytes += RecordLayout.mark(settled)
        fill(to: RecordLayout.slotOffset(0))
        bytes += try slotBlock(
            record, generation: 1, slot: 0, head: head, key: key, path: path)
        fill(to: RecordLayout.fileSize)
        return bytes
    }

    fileprivate static func slotBlock(
        _ record: borrowing Record, generation: UInt64, slot: Int, head: [UInt8], key: SealKey,
        path: [UInt8]
    ) throws(StoreError) -> [UInt8] {
        var plain = record.encoded
        guard plain.count <= Record.maximumEncodedLength else {
            throw StoreError(.system, path, "the record has grown too large")
        }
        return try SealedPart.seal(
            &plain, generation: generation, with: key,
            binding: RecordLayout.slotBinding(head, slot: slot, generation: generation),
            path: path)
    }

    // MARK: Locking

    static func lock(
        _ file: borrowing FileDescriptor, shared: Bool, until deadline: Int64, path: [UInt8]
    ) throws(StoreError) {
        var pause = 1
        while true {
            do throws(Errno) {
                if try System.tryLock(file, shared: shared) { return }
            } catch {
                throw StoreError(path, error)
            }
            guard try now() < deadline else {
                throw StoreError(.busy, path, "another process has locked it for too long")
            }
            System.sleep(milliseconds: pause)
            pause = min(pause * 2, 16)
        }
    }

    /// Milliseconds of a clock that nobody can set.
    static func now() throws(StoreError) -> Int64 {
        do throws(Errno) {
            let time = try System.time(CLOCK_MONOTONIC)
            return time.seconds * 1000 + time.nanoseconds / 1_000_000
        } catch {
            throw StoreError(Array("the monotonic clock".utf8), error)
        }
    }
}
