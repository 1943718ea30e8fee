import Glibc
import OTPCore

/// Files that only root can have written, in folders that nobody else can change.
public enum RootFile {
    /// The contents of a configuration file, at most 64 KiB; `nil` if it is missing.
    public static func contents(_ path: [UInt8]) throws(StoreError) -> [UInt8]? {
        if System.isMissing(path) { return nil }
        let file = try SafeOpen.file(path, O_RDONLY)
        let status = try SafeOpen.status(of: file, path: path)
        try check(status, path)
        guard status.size <= 65_536 else {
            throw StoreError(.configuration, path, "it is larger than 64 KiB")
        }
        return try SafeOpen.read(file, count: Int(status.size), path: path)
    }

    /// Checks the program at a path without links, to be started by a service that is not root.
    public static func checkProgram(_ path: [UInt8]) throws(StoreError) {
        // A program may be executable and not readable.
        let file = try SafeOpen.file(path, System.folder & ~O_DIRECTORY)
        let status = try SafeOpen.status(of: file, path: path)
        try check(status, path)
        guard status.permissions & 0o111 != 0 else {
            throw StoreError(.unsafe, path, "it is not a program: nobody may run it")
        }
    }

    private static func check(_ status: FileStatus, _ path: [UInt8]) throws(StoreError) {
        guard status.isRegular else { throw StoreError(.unsafe, path, "not a regular file") }
        guard status.owner == 0 else {
            throw StoreError(.unsafe, path, "it belongs to user \(status.owner), not to root")
        }
        guard status.permissions & 0o022 == 0 else {
            throw StoreError(.unsafe, path, "others than root can write to it")
        }
    }
}
