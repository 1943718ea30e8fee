import CLinux
import Glibc

/// A system call that failed.
public struct SystemError: Error {
    /// Its number (errno(3)).
    public let number: CInt

    public init(number: CInt) { self.number = number }

    /// The last one.
    public static var last: SystemError { SystemError(number: swiftotp_errno()) }

    /// In the words of strerror(3).
    public var text: String {
        // SAFETY: the C library's own text, copied at once; there is one thread.
        unsafe String(cString: strerror(number)).lowercased()
    }
}
