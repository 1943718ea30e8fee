import Glibc
import OTPCore

/// Makes files that exist completely or not at all: written and synced under a temporary name, then
/// renamed.
enum NewFile {
    private static var prefix: [UInt8] { Array("new.".utf8) }
    /// How often a new file may be removed as a leftover before that is an error.
    private static let maximumTries = 32

    /// What a file is for.
    enum Purpose {
        /// It must be durable. If that fails, it stays: others may have sealed something with it.
        case key
        /// It must be durable. If that fails, it is removed: nobody has opened it yet.
        case record
        /// It need not be durable.
        case decoy
    }

    /// Writes `contents` to a new file `name`, which must not exist unless it is to be replaced.
    /// When this returns, it survives a power cut. Returns the file, still locked.
    static func write(
        _ contents: [UInt8], as name: [UInt8], in folder: borrowing FileDescriptor,
        for purpose: Purpose, path: [UInt8], replacing: Bool = false
    ) throws(StoreError) -> FileDescriptor {
        do throws(Errno) {
            return try write(contents, as: name, in: folder, for: purpose, replacing: replacing)
        } catch {
            if error.number == EBUSY {
                throw StoreError(.busy, path, "other processes keep removing it as a leftover")
            }
            throw StoreError(path, error)
        }
    }

    /// The same, without waiting for the disk if the file need not be durable.
    @discardableResult
    static func write(
        _ contents: [UInt8], as name: [UInt8], in folder: borrowing FileDescriptor,
        for purpose: Purpose, replacing: Bool = false
    ) throws(Errno) -> FileDescriptor {
        try System.checkLimit(of: contents.count)
        for _ in 0..<maximumTries {
            let suffix = try System.random(8).reduce(0) { $0 << 8 | UInt64($1) }
            let temporary = prefix + Array(String(suffix, radix: 16).utf8)
            guard let file = try create(temporary, in: folder) else { continue }
            do throws(Errno) {
                if purpose != .key { System.overwriteInPlace(file) }
                try System.write(contents, to: file, at: 0)
                if purpose != .decoy { try System.sync(file) }
                try System.rename(temporary, to: name, in: folder, replacing: replacing)
            } catch {
                // A leftover harms nobody; the error is what matters.
                try? System.unlink(temporary, in: folder)
                throw error
            }
            if purpose == .decoy { return file }
            do throws(Errno) {
                try System.syncFolder(folder)
            } catch {
                // If it replaced a file, that one is gone, so this one must stay.
                if purpose == .record, !replacing { try? System.unlink(name, in: folder) }
                throw error
            }
            return file
        }
        throw Errno(number: EBUSY)
    }

    /// Makes a file and locks it; `nil` if somebody who removes leftovers removed it between the
    /// two. Once it is locked and has its name, nobody else removes it.
    private static func create(
        _ name: [UInt8], in folder: borrowing FileDescriptor
    ) throws(Errno) -> FileDescriptor? {
        let file = try System.open(name, in: folder, O_RDWR | O_CREAT | O_EXCL, mode: 0o600)
        guard try System.tryLock(file, shared: false), try System.status(of: file).links > 0
        else { return nil }
        return file
    }

    /// Whether `name` is that of a temporary file, whose maker may have died.
    static func isTemporary(_ name: [UInt8]) -> Bool { name.starts(with: prefix) }
}
