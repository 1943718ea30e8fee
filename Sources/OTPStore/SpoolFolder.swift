import Glibc
import OTPCore

/// A folder of small files that only this program's user may read. Each is there completely or not
/// at all, and what was written survives a power cut. One process at a time uses it.
public struct SpoolFolder: ~Copyable {
    private let folder: FileDescriptor
    private let path: [UInt8]

    /// Opens the folder at an absolute path, and removes what a killed process left half written.
    public static func open(_ path: [UInt8]) throws(StoreError) -> SpoolFolder {
        let folder = try SafeOpen.directory(path)
        let status = try SafeOpen.status(of: folder, path: path)
        guard status.owner == geteuid(), status.permissions & 0o077 == 0 else {
            throw StoreError(.unsafe, path, "it is not this service's alone, mode 0700")
        }
        let spool = SpoolFolder(folder, path)
        for name in try spool.entries() where NewFile.isTemporary(name) { try spool.remove(name) }
        return spool
    }

    private init(_ folder: consuming FileDescriptor, _ path: [UInt8]) {
        self.folder = folder
        self.path = path
    }

    /// The names of the files, in no order.
    public func names() throws(StoreError) -> [[UInt8]] {
        try entries().filter { !NewFile.isTemporary($0) }
    }

    /// The contents of a file; the caller wipes them.
    public func read(_ name: [UInt8], upTo limit: Int) throws(StoreError) -> [UInt8] {
        let file = try SafeOpen.open(name, in: folder, path: path(of: name), O_RDONLY | O_NONBLOCK)
        let status = try SafeOpen.check(file, path: path(of: name), forbidden: 0o077)
        guard status.size <= limit else {
            throw StoreError(.damaged, path(of: name), "it is too long")
        }
        return try SafeOpen.read(file, count: Int(status.size), path: path(of: name))
    }

    /// Makes a file; `name` must be free.
    public func write(_ contents: [UInt8], as name: [UInt8]) throws(StoreError) {
        _ = try NewFile.write(contents, as: name, in: folder, for: .record, path: path(of: name))
    }

    /// Removes a file.
    public func remove(_ name: [UInt8]) throws(StoreError) {
        do throws(Errno) {
            try System.unlink(name, in: folder)
        } catch {
            throw StoreError(path(of: name), error)
        }
    }

    private func path(of name: [UInt8]) -> [UInt8] { path + [UInt8(ascii: "/")] + name }

    private func entries() throws(StoreError) -> [[UInt8]] {
        do throws(Errno) {
            return try System.entries(of: folder)
        } catch {
            throw StoreError(path, error)
        }
    }
}
