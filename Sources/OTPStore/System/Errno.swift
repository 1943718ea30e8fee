import CLinux
import Glibc

/// An error number of the system (errno(3)).
public struct Errno: Error, Equatable, Sendable {
    /// The number.
    public let number: CInt

    /// The number that the last call left.
    static var last: Errno { Errno(number: swiftotp_errno()) }

    /// What it means, in the words of strerror(3), in English whatever the locale.
    public var text: String {
        switch number {
        case ENOENT: "no such file or directory"
        case EACCES: "permission denied"
        case EPERM: "operation not permitted"
        case ENOSPC: "no space left on the device"
        case EDQUOT: "the disk quota is used up"
        case EROFS: "the file system is read-only"
        case EIO: "the device failed (input/output error)"
        case EFBIG: "the file size limit of this process is too small"
        case EMFILE, ENFILE: "too many open files"
        case ELOOP: "it is a symbolic link"
        case ENOTDIR: "not a directory"
        case EISDIR: "it is a directory"
        case ENOMEM: "out of memory"
        default: "error number \(number)"
        }
    }
}

/// Calls that a signal interrupted are repeated, but not for ever: a file system could report that
/// each time.
struct Retries {
    private var left = 1000

    /// Whether to repeat a call that failed with this error.
    mutating func allow(_ error: Errno) -> Bool {
        guard error.number == EINTR, left > 0 else { return false }
        left -= 1
        return true
    }
}
