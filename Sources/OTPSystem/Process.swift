import CLinux
import Glibc

/// The process of a service, and its environment. It has unsafe code, as do the other files of this
/// folder; no file of the services themselves does.
public enum Process {
    /// Protects the memory, and the C library from the environment: no core file, no debugger but
    /// root's, new files for root alone. For one login, started by somebody else's program, it also
    /// resets what that program's caller may have set. Whether it succeeded.
    public static func prepare(forOneLogin: Bool) -> Bool {
        // Threads share memory here: an arena for each would be expensive for 512 of them.
        mallopt(M_ARENA_MAX, 2)
        if forOneLogin { leaveStarterBehind() }
        return protect()
    }

    /// Protects the memory alone: no core file, no debugger but root's, new files for the own user.
    /// Whether it succeeded.
    public static func protect() -> Bool {
        umask(0o077)
        signal(SIGPIPE, SIG_IGN)
        return swiftotp_keep_memory_private() == 0
    }

    private static func leaveStarterBehind() {
        // SAFETY: a literal. From a folder of the caller's, its file system could not be unmounted.
        _ = unsafe chdir("/")
        // SAFETY: a local set.
        var signals = sigset_t()
        unsafe sigemptyset(&signals)
        for number in 1...64 where number != SIGPIPE { signal(CInt(number), SIG_DFL) }
        unsafe sigprocmask(SIG_SETMASK, &signals, nil)
        _ = setpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0, 0)
    }

    /// A variable of the environment.
    public static func variable(_ name: String) -> String? {
        // SAFETY: a C string that lives until the environment is changed, which nobody does; it is
        // copied at once.
        guard let value = unsafe getenv(name) else { return nil }
        return unsafe String(cString: value)
    }

    /// A path with its links resolved (realpath(3)); `nil` if nothing is there.
    public static func realPath(_ path: String) -> String? {
        // SAFETY: the C library allocates the text, which is copied and freed once.
        guard let real = unsafe realpath(path, nil) else { return nil }
        defer { unsafe free(real) }
        return unsafe String(cString: real)
    }

    /// Prints a line on the standard error; nothing depends on whether anybody reads it.
    public static func complain(_ text: String) {
        // SAFETY: the array's own length is given.
        unsafe Array(text.utf8).withUnsafeBytes { bytes in
            _ = unsafe write(2, bytes.baseAddress, bytes.count)
        }
    }
}
