import Glibc
import OTPCore

/// Makes files that are there whole or not at all: written under a name of their own, synced,
/// and then given the name that counts.
enum NewFile {
    private static var prefix: [UInt8] { Array("new.".utf8) }
    /// How often a file may be taken for a leftover before that counts as an error.
    private static let maximumTries = 32

    /// What a file is for.
    enum Purpose {
        /// It lasts, and where that fails, it stays: others may have sealed something with it.
        case key
        /// It lasts, and where that fails, it is taken back: nobody has opened it yet.
        case record
        /// It need not last.
        case decoy
    }

    /// Writes `contents` to a new file `name`, which must not be there yet unless it is to be
    /// replaced; when this returns, it outlives a power cut. The file, which is still locked.
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

    /// The same, without waiting for the disk where it need not be lasting.
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
                // What is left of it is nobody's loss; the error is what matters.
                try? System.unlink(temporary, in: folder)
                throw error
            }
            if purpose == .decoy { return file }
            do throws(Errno) {
                try System.syncFolder(folder)
            } catch {
                // What it has replaced is gone, and no reason to lose this one.
                if purpose == .record, !replacing { try? System.unlink(name, in: folder) }
                throw error
            }
            return file
        }
        throw Errno(number: EBUSY)
    }

    /// Makes a file and locks it; `nil` where somebody who removes leftovers came between the
    /// two and took it for one. Once it is locked and has its name, nobody else removes it.
    private static func create(
        _ name: [UInt8], in folder: borrowing FileDescriptor
    ) throws(Errno) -> FileDescriptor? {
        let file = try System.open(name, in: folder, O_RDWR | O_CREAT | O_EXCL, mode: 0o600)
        guard try System.tryLock(file, shared: false), try System.status(of: file).links > 0
        else { return nil }
        return file
    }

    /// Whether `name` is that of a file whose maker may have died.
    static func isTemporary(_ name: [UInt8]) -> Bool { name.starts(with: prefix) }
}
