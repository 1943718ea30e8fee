import CLinux
import Glibc
import OTPWire

/// A program started by this one, with fixed arguments, no shell, nothing of our environment and
/// only the standard descriptors. It has its own process group, unless it has to ask somebody at our
/// terminal: what interrupts us must not interrupt its work.
public struct ChildProcess: ~Copyable {
    private let pid: pid_t
    /// Its exit status, if it has ended.
    private var status: CInt?
    private let hasOwnGroup: Bool

    /// Starts the program at the first of `words`, an absolute path, or `program` if that is given.
    /// Its standard descriptors are those given, or /dev/null.
    public init(
        _ words: [String], from program: String? = nil, environment: [String] = [],
        input: CInt? = nil, output: CInt? = nil, errors: CInt? = nil, inOwnGroup: Bool = true
    ) throws(SystemError) {
        let path = program ?? words.first ?? ""
        var actions = unsafe posix_spawn_file_actions_t()
        var attributes = posix_spawnattr_t()
        var none = sigset_t(), all = sigset_t()
        // SAFETY: locals, initialized here and destroyed below, each once; the calls copy their
        // arguments.
        unsafe posix_spawn_file_actions_init(&actions)
        unsafe posix_spawnattr_init(&attributes)
        var arguments = unsafe words.map { unsafe strdup($0) } + [nil]
        var variables = unsafe environment.map { unsafe strdup($0) } + [nil]
        defer {
            unsafe posix_spawn_file_actions_destroy(&actions)
            unsafe posix_spawnattr_destroy(&attributes)
            unsafe (arguments + variables).forEach { unsafe free($0) }
        }
        unsafe sigemptyset(&none)
        unsafe sigfillset(&all)
        let flags =
            POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF
            | (inOwnGroup ? POSIX_SPAWN_SETPGROUP : 0)
        var steps = unsafe [
            posix_spawnattr_setsigmask(&attributes, &none),
            posix_spawnattr_setsigdefault(&attributes, &all),
            posix_spawnattr_setpgroup(&attributes, 0),
            posix_spawnattr_setflags(&attributes, Int16(flags)),
        ]
        for (number, file) in [input, output, errors].enumerated() {
            let number = CInt(number)
            // SAFETY: as above.
            unsafe steps.append(
                file.map { unsafe posix_spawn_file_actions_adddup2(&actions, $0, number) }
                    ?? posix_spawn_file_actions_addopen(
                        &actions, number, "/dev/null", O_RDWR, 0))
        }
        unsafe steps.append(posix_spawn_file_actions_addclosefrom_np(&actions, 3))
        var pid: pid_t = 0
        let error: CInt =
            unsafe steps.first { $0 != 0 }
            ?? posix_spawn(&pid, path, &actions, &attributes, &arguments, &variables)
        guard error == 0 else { throw SystemError(number: error) }
        self.pid = pid
        hasOwnGroup = inOwnGroup
    }

    /// Its exit status, or 128 plus the signal; `nil` while it runs.
    public mutating func ended() -> CInt? {
        if let status { return status }
        var found: CInt = 0
        // SAFETY: a local that the call fills.
        guard unsafe waitpid(pid, &found, WNOHANG) == pid else { return nil }
        // WIFEXITED and the like are macros, which Swift cannot import.
        let signal = found & 0x7f
        status = signal == 0 ? (found >> 8) & 0xff : 128 + signal
        return status
    }

    /// Waits until it has ended, or the deadline has passed.
    public mutating func wait(until deadline: Deadline) -> CInt? {
        var pause: UInt32 = 50
        while ended() == nil, !deadline.isOver {
            usleep(pause)
            pause = min(2 * pause, 5000)
        }
        return ended()
    }

    deinit {
        guard status == nil else { return }
        // With its whole group; the number is not free before it was waited for. A program that has
        // become another user's cannot be ended, and is not waited for.
        guard kill(hasOwnGroup ? -pid : pid, SIGKILL) == 0 || errno != EPERM else { return }
        _ = waitpid(pid, nil, 0)
    }
}
