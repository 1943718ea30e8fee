import CLinux
import OTPCore

/// Makes files that are there whole or not at all: written under a name of their own, synced,
/// and then given the name that counts.
enum NewFile {
    private static var prefix: [UInt8] { Array("new.".utf8) }

    /// Writes `contents` to a new file `name`, which must not be there yet, and returns it open
    /// and locked.
    static func write(
        _ contents: [UInt8], as name: [UInt8], in folder: borrowing FileDescriptor, path: [UInt8]
    ) throws(StoreError) -> FileDescriptor {
        let suffix = try SystemRandom().bytes(8).reduce(0) { $0 << 8 | UInt64($1) }
        let temporary = prefix + Array(String(suffix, radix: 16).utf8)
        do throws(Errno) {
            let file = try System.open(
                temporary, in: folder, O_RDWR | O_CREAT | O_EXCL, mode: 0o600)
            do throws(Errno) {
                guard try System.tryLock(file, shared: false) else { throw Errno(number: EBUSY) }
                try System.write(contents, to: file, at: 0)
                try System.sync(file)
                try System.rename(temporary, to: name, in: folder)
            } catch {
                // What is left of it is nobody's loss; the error is what matters.
                try? System.unlink(temporary, in: folder)
                throw error
            }
            try System.sync(folder)
            return file
        } catch {
            throw StoreError(path, error)
        }
    }

    /// Whether `name` is that of a file whose maker may have died.
    static func isTemporary(_ name: [UInt8]) -> Bool { name.starts(with: prefix) }
}
