import CLinux
import Glibc
import OTPCore

/// Hands a mail to the machine's mailer, sendmail(1): fixed arguments, no shell, nothing of our
/// environment, and no descriptor but the message's.
struct Sendmail: ~Copyable {
    private static let path = "/usr/sbin/sendmail"
    private static let arguments = [path, "-i", "-t"]
    private static let environment = ["PATH=/usr/sbin:/usr/bin:/sbin:/bin"]

    /// How long the mailer may take, in seconds.
    private static let patience: UInt64 = 30
    /// How often to look whether it has ended, in milliseconds.
    private static let pace: CInt = 10
    /// How much of what it says is kept.
    private static let maximumSaid = 512

    private let pid: pid_t
    /// Its standard input, while there is more to write.
    private var input: OpenFile?
    /// Its standard output and error, while it has them open.
    private var output: OpenFile?
    /// The beginning of what it said.
    private var said: [UInt8] = []

    /// Sends `mail` with the `text`, which may hold a secret and is wiped.
    static func send(_ mail: Mail, _ text: inout [UInt8]) throws(Failure) {
        var message = try mail.message(&text)
        defer { Secret.wipe(&message) }
        // That a mailer reads no further is told by its status, not by a signal that ends us; and
        // its status is not lost where our caller ignores its children's ends.
        let before = (signal(SIGPIPE, SIG_IGN), signal(SIGCHLD, SIG_DFL))
        defer { _ = (signal(SIGPIPE, before.0), signal(SIGCHLD, before.1)) }
        var mailer = try Sendmail()
        let status = try mailer.finish(reading: message)
        guard status == 0 else { throw mailer.failure(status) }
    }

    // MARK: The start

    private init() throws(Failure) {
        let toMailer = try Pipe.make()
        let fromMailer = try Pipe.make()
        pid = try Sendmail.spawn(
            input: toMailer.read.number, output: fromMailer.write.number)
        // So that neither side ever waits for the other one.
        _ = fcntl(toMailer.write.number, F_SETFL, O_NONBLOCK)
        _ = fcntl(fromMailer.read.number, F_SETFL, O_NONBLOCK)
        input = .some(toMailer.write)
        output = .some(fromMailer.read)
    }

    /// A pipe for this program alone. Neither end is a standard descriptor, which the caller of
    /// this program may have left closed.
    private struct Pipe: ~Copyable {
        let read, write: OpenFile

        static func make() throws(Failure) -> Pipe {
            var low: [CInt] = [-1, -1]
            // SAFETY: the array has room for the two descriptors.
            guard unsafe pipe(&low) == 0, let first = low.first, let last = low.last else {
                throw Failure("no mail can be sent: \(Machine.lastError)")
            }
            let read = OpenFile(first)
            let write = OpenFile(last)
            return Pipe(read: try above(read), write: try above(write))
        }

        /// The same file under a number above those of the standard descriptors.
        private static func above(_ file: consuming OpenFile) throws(Failure) -> OpenFile {
            let number = fcntl(file.number, F_DUPFD_CLOEXEC, 3)
            guard number >= 0 else {
                throw Failure("no mail can be sent: \(Machine.lastError)")
            }
            return OpenFile(number)
        }
    }

    /// Starts the mailer with its standard descriptors, in a process group of its own: what
    /// interrupts us must not tear a mail in two.
    private static func spawn(input: CInt, output: CInt) throws(Failure) -> pid_t {
        var actions = unsafe posix_spawn_file_actions_t()
        var attributes = posix_spawnattr_t()
        var none = sigset_t(), all = sigset_t()
        // SAFETY: locals, made here and given back below, each once; the calls copy what they are
        // given.
        var arguments = unsafe arguments.map { unsafe strdup($0) } + [nil]
        var environment = unsafe environment.map { unsafe strdup($0) } + [nil]
        unsafe posix_spawn_file_actions_init(&actions)
        unsafe posix_spawnattr_init(&attributes)
        defer {
            unsafe posix_spawn_file_actions_destroy(&actions)
            unsafe posix_spawnattr_destroy(&attributes)
            unsafe (arguments + environment).forEach { unsafe free($0) }
        }
        unsafe sigemptyset(&none)
        unsafe sigfillset(&all)
        let steps = unsafe [
            posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO),
            posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO),
            posix_spawn_file_actions_adddup2(&actions, output, STDERR_FILENO),
            posix_spawn_file_actions_addclosefrom_np(&actions, 3),
            posix_spawnattr_setsigmask(&attributes, &none),
            posix_spawnattr_setsigdefault(&attributes, &all),
            posix_spawnattr_setpgroup(&attributes, 0),
            posix_spawnattr_setflags(
                &attributes,
                Int16(
                    POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP)),
        ]
        var pid: pid_t = 0
        let error =
            unsafe steps.first { $0 != 0 }
            ?? posix_spawn(&pid, path, &actions, &attributes, &arguments, &environment)
        guard error == 0 else { throw cannotStart(error) }
        return pid
    }

    private static func cannotStart(_ error: CInt) -> Failure {
        errno = error
        let missing = error == ENOENT
        return Failure(
            "no mail can be sent: \(path): \(Machine.lastError)",
            hints: missing ? ["install a mailer that brings sendmail(8), such as dma"] : [])
    }

    // MARK: The talk

    /// Gives the mailer the message and waits for its end: its exit status, or 128 + signal.
    private mutating func finish(reading message: [UInt8]) throws(Failure) -> CInt {
        let end = Machine.uptime + Sendmail.patience * 1000
        var rest = message[...]
        while true {
            write(&rest)
            listen()
            var status: CInt = 0
            // SAFETY: a local that the call fills.
            let ended = unsafe waitpid(pid, &status, WNOHANG)
            if ended == pid {
                listen()
                // WIFEXITED and its kin are macros, which Swift cannot import.
                let signal = status & 0x7f
                return signal == 0 ? (status >> 8) & 0xff : 128 + signal
            }
            guard ended == 0 || errno == EINTR, Machine.uptime < end else { break }
            pause()
        }
        // The group was made for this child, whose number is not free before it was waited for.
        _ = kill(-pid, SIGKILL)
        _ = waitpid(pid, nil, 0)
        throw Failure("\(Sendmail.path) did not take the mail within \(Sendmail.patience) seconds")
    }

    /// Writes what the pipe has room for, and closes it behind the last byte.
    private mutating func write(_ rest: inout ArraySlice<UInt8>) {
        guard let number = input?.number else { return }
        while !rest.isEmpty {
            // SAFETY: reads the slice's own bytes.
            let wrote = unsafe rest.withUnsafeBytes {
                unsafe Glibc.write(number, $0.baseAddress, $0.count)
            }
            if wrote > 0 {
                rest = rest.dropFirst(wrote)
            } else if errno == EAGAIN {
                return
            } else if errno != EINTR {
                break
            }
        }
        input = nil
    }

    /// Takes in what the mailer says, so that it never waits for us, and keeps the beginning.
    private mutating func listen() {
        var part = [UInt8](repeating: 0, count: 4096)
        while let number = output?.number {
            // SAFETY: writes within the array.
            let got = unsafe read(number, &part, part.count)
            if got > 0 {
                said += part.prefix(min(got, Sendmail.maximumSaid - said.count))
            } else if got == 0 {
                output = nil
            } else if errno != EINTR {
                return
            }
        }
    }

    /// Waits a moment, or until there is something to write or to read.
    private mutating func pause() {
        var files = [
            pollfd(fd: input?.number ?? -1, events: Int16(POLLOUT), revents: 0),
            pollfd(fd: output?.number ?? -1, events: Int16(POLLIN), revents: 0),
        ]
        // SAFETY: the array's own length is given.
        _ = unsafe poll(&files, nfds_t(files.count), Sendmail.pace)
    }

    /// What an exit status other than 0 means (sysexits(3)), with the first line of what was said.
    private func failure(_ status: CInt) -> Failure {
        let meaning =
            switch status {
            case 67, 68: "it does not know the address"
            case 75: "it cannot send now"
            case 78: "it is not set up"
            case 128...: "it was ended by signal \(status - 128)"
            default: "exit status \(status)"
            }
        let line = Output.printable(Array(said.prefix { $0 != UInt8(ascii: "\n") }))
        return Failure(
            "\(Sendmail.path) refused the mail: \(meaning)",
            hints: line.isEmpty ? [] : ["it said: \(line)"])
    }
}
