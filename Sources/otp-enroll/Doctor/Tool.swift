import CLinux
import Glibc

/// Runs a program of the system to read what it says: fixed words, no shell, nothing of our
/// environment.
enum Tool {
    /// What a program said, and what it ended with.
    struct Result {
        let status: CInt
        let output: String
        let errors: String
    }

    /// How long a program may take, in milliseconds.
    private static let patience: UInt64 = 20_000
    /// How much of what it says is kept, in bytes.
    private static let limit = 1 << 22

    /// Runs the program at the first of `words`, an absolute path, to its end; `nil` where it
    /// cannot be started, or does not end.
    static func run(_ words: [String]) -> Result? {
        guard let path = words.first, SystemFiles.status(path) != nil else { return nil }
        guard let output = Pipe(), let errors = Pipe(),
            let pid = start(path, words, output: output.write, errors: errors.write)
        else { return nil }
        output.closeWriting()
        errors.closeWriting()
        let end = Machine.uptime + patience
        let said = listen(output.read, errors.read, until: end)
        guard let status = wait(pid, until: end) else { return nil }
        return Result(status: status, output: said.output, errors: said.errors)
    }

    /// A pipe for this program alone, above the standard descriptors.
    private final class Pipe {
        let read, write: CInt
        private var isWriting = true

        init?() {
            var ends: [CInt] = [-1, -1]
            // SAFETY: the array has room for the two descriptors.
            guard unsafe pipe(&ends) == 0, let first = ends.first, let last = ends.last else {
                return nil
            }
            read = fcntl(first, F_DUPFD_CLOEXEC, 3)
            write = fcntl(last, F_DUPFD_CLOEXEC, 3)
            close(first)
            close(last)
            _ = fcntl(read, F_SETFL, O_NONBLOCK)
        }

        func closeWriting() {
            if isWriting { close(write) }
            isWriting = false
        }

        deinit {
            closeWriting()
            close(read)
        }
    }

    /// Reads both until they end, so that the program never waits for us.
    private static func listen(
        _ output: CInt, _ errors: CInt, until end: UInt64
    ) -> (output: String, errors: String) {
        var said: [[UInt8]] = [[], []]
        var files = [output, errors].map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
        while files.contains(where: { $0.fd >= 0 }), Machine.uptime < end {
            // SAFETY: the array's own length is given.
            _ = unsafe poll(&files, nfds_t(files.count), 100)
            for index in files.indices where files[index].fd >= 0 {
                var part = [UInt8](repeating: 0, count: 65_536)
                // SAFETY: as above.
                let got = unsafe read(files[index].fd, &part, part.count)
                if got > 0 {
                    said[index] += part.prefix(min(got, limit - said[index].count))
                } else if got == 0 || (errno != EAGAIN && errno != EINTR) {
                    files[index].fd = -1
                }
            }
        }
        return (
            String(decoding: said[0], as: UTF8.self), String(decoding: said[1], as: UTF8.self)
        )
    }

    private static func start(
        _ path: String, _ words: [String], output: CInt, errors: CInt
    ) -> pid_t? {
        var actions = unsafe posix_spawn_file_actions_t()
        // SAFETY: locals, made here and given back below, each once; the calls copy what they are
        // given.
        unsafe posix_spawn_file_actions_init(&actions)
        var arguments = unsafe words.map { unsafe strdup($0) } + [nil]
        var environment =
            unsafe ["PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C", "TZ=UTC"].map {
                (word: String) in
                unsafe strdup(word)
            } + [nil]
        defer {
            unsafe posix_spawn_file_actions_destroy(&actions)
            unsafe (arguments + environment).forEach { unsafe free($0) }
        }
        let steps = unsafe [
            posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0),
            posix_spawn_file_actions_adddup2(&actions, output, 1),
            posix_spawn_file_actions_adddup2(&actions, errors, 2),
            posix_spawn_file_actions_addclosefrom_np(&actions, 3),
        ]
        guard steps.allSatisfy({ $0 == 0 }) else { return nil }
        var pid: pid_t = 0
        let error = unsafe posix_spawn(&pid, path, &actions, nil, &arguments, &environment)
        return error == 0 ? pid : nil
    }

    /// The exit status, 128 + signal where one ended it; `nil` where it took too long.
    private static func wait(_ pid: pid_t, until end: UInt64) -> CInt? {
        while true {
            var status: CInt = 0
            // SAFETY: a local that the call fills.
            let ended = unsafe waitpid(pid, &status, WNOHANG)
            if ended == pid {
                // WIFEXITED and its kin are macros, which Swift cannot import.
                let signal = status & 0x7f
                return signal == 0 ? (status >> 8) & 0xff : 128 + signal
            }
            guard ended == 0 || errno == EINTR, Machine.uptime < end else { break }
            usleep(2000)
        }
        _ = kill(pid, SIGKILL)
        _ = waitpid(pid, nil, 0)
        return nil
    }
}
