import Glibc
import OTPCore

/// Opens files that must not have been tampered with. Every folder on the way, and the file itself,
/// is opened relative to the one before, without following links. What was opened is checked, never
/// a path (CVE-2024-47191, CVE-2019-12209).
enum SafeOpen {
    /// Opens the folder at the absolute `path`; every part of it must belong to root or to us, and
    /// not be writable by others.
    static func directory(_ path: [UInt8]) throws(StoreError) -> FileDescriptor {
        try directory(path[...], for: path)
    }

    static func directory(
        _ path: ArraySlice<UInt8>, for subject: [UInt8]
    ) throws(StoreError) -> FileDescriptor {
        var current: FileDescriptor
        do throws(Errno) {
            current = try System.openRoot()
        } catch {
            throw StoreError(subject, error)
        }
        var start = path.startIndex
        for index in path.startIndex...path.endIndex {
            if index < path.endIndex && path[index] != UInt8(ascii: "/") { continue }
            let part = path[start..<index]
            start = index + 1
            guard !part.isEmpty else { continue }
            guard part.count != 2 || part.contains(where: { $0 != UInt8(ascii: ".") }) else {
                throw StoreError(.unsafe, subject, "a path must not contain `..`")
            }
            current = try open(part.span.array, in: current, path: subject, System.folder)
            try checkFolder(current, path: subject)
        }
        return current
    }

    /// Opens the file at the absolute `path`, with its folders checked as by `directory`.
    static func file(_ path: [UInt8], _ flags: CInt) throws(StoreError) -> FileDescriptor {
        guard let slash = path.lastIndex(of: UInt8(ascii: "/")) else {
            throw StoreError(.unsafe, path, "not an absolute path")
        }
        let folder = try directory(path[..<slash], for: path)
        return try open(Array(path[(slash + 1)...]), in: folder, path: path, flags | O_NONBLOCK)
    }

    /// openat(2); its errors name `path`.
    static func open(
        _ name: [UInt8], in directory: borrowing FileDescriptor, path: [UInt8], _ flags: CInt
    ) throws(StoreError) -> FileDescriptor {
        do throws(Errno) {
            return try System.open(name, in: directory, flags)
        } catch {
            throw StoreError(path, error)
        }
    }

    /// Checks a folder on the way: root's or ours, and nobody else can replace anything in it.
    private static func checkFolder(
        _ folder: borrowing FileDescriptor, path: [UInt8]
    ) throws(StoreError) {
        let status = try status(of: folder, path: path)
        guard status.owner == 0 || status.owner == geteuid() else {
            throw StoreError(.unsafe, path, "a folder on the way belongs to another user")
        }
        // In a sticky folder, such as /tmp, only their owners can replace entries.
        guard status.permissions & 0o022 == 0 || status.permissions & 0o1000 != 0 else {
            throw StoreError(.unsafe, path, "a folder on the way can be written to by others")
        }
    }

    /// Refuses a file that is not regular, not ours, not closed to others as `forbidden` says, or
    /// known by more than one name.
    static func check(
        _ file: borrowing FileDescriptor, path: [UInt8], forbidden: UInt32
    ) throws(StoreError) -> FileStatus {
        let status = try status(of: file, path: path)
        guard status.isRegular else { throw StoreError(.unsafe, path, "not a regular file") }
        guard status.owner == geteuid() || (status.owner == 0 && forbidden & 0o044 == 0)
        else {
            throw StoreError(.unsafe, path, "it belongs to user \(status.owner); chown it to root")
        }
        guard status.permissions & forbidden == 0 else {
            throw StoreError(
                .unsafe, path,
                "others have access to it; chmod it to \(forbidden & 0o044 == 0 ? "0644" : "0600")"
            )
        }
        guard status.links <= 1 else {
            throw StoreError(.unsafe, path, "it has a second name (hard link)")
        }
        return status
    }

    /// The first `count` bytes, or all of a shorter file; errors name `path`.
    static func read(
        _ file: borrowing FileDescriptor, count: Int, path: [UInt8]
    ) throws(StoreError) -> [UInt8] {
        do throws(Errno) {
            return try System.read(file, count: count)
        } catch {
            throw StoreError(path, error)
        }
    }

    static func status(
        of file: borrowing FileDescriptor, path: [UInt8]
    ) throws(StoreError) -> FileStatus {
        do throws(Errno) {
            return try System.status(of: file)
        } catch {
            throw StoreError(path, error)
        }
    }
}

extension StoreError {
    /// What a failed system call on `path` means.
    init(_ path: [UInt8], _ error: Errno) {
        switch error.number {
        case ENOENT: self.init(.missing, path, error.text)
        case ELOOP, ENOTDIR, EISDIR, ENXIO: self.init(.unsafe, path, error.text)
        case EEXIST: self.init(.exists, path, "it already exists")
        default: self.init(.system, path, error.text)
        }
    }
}
