import CLinux
import Glibc

/// What the process has of the system. It has unsafe code, as have `Listener.swift`, `Worker.swift`
/// and `SystemLog.swift`; no other file of the service has.
enum Process {
    /// Lets nobody at the memory, and nothing of the environment at the C library: no core file,
    /// no debugger but root's, new files for root alone. For one login, whose starter is somebody
    /// else's program, it also leaves behind what that program's caller may have set. Whether it
    /// went well.
    static func prepare(forOneLogin: Bool) -> Bool {
        umask(0o077)
        signal(SIGPIPE, SIG_IGN)
        // Threads share memory here: each having some of its own would make 512 of them dear.
        mallopt(M_ARENA_MAX, 2)
        if forOneLogin { leaveStarterBehind() }
        return swiftotp_keep_memory_private() == 0
    }

    private static func leaveStarterBehind() {
        // SAFETY: a literal. In a folder of the caller's a file system could not be unmounted.
        _ = unsafe chdir("/")
        // SAFETY: a local set.
        var signals = sigset_t()
        unsafe sigemptyset(&signals)
        for number in 1...64 where number != SIGPIPE { signal(CInt(number), SIG_DFL) }
        unsafe sigprocmask(SIG_SETMASK, &signals, nil)
        _ = setpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0, 0)
    }

    /// A variable of the environment.
    static func variable(_ name: String) -> String? {
        // SAFETY: a C string that lives until the environment is changed, which nobody does; it is
        // copied at once.
        guard let value = unsafe getenv(name) else { return nil }
        return unsafe String(cString: value)
    }

    /// Says a line on the standard error; whether anybody reads it changes nothing.
    static func complain(_ text: String) {
        // SAFETY: the array's own length is given.
        unsafe Array(text.utf8).withUnsafeBytes { bytes in
            _ = unsafe write(2, bytes.baseAddress, bytes.count)
        }
    }
}
