import Foundation

/// A socket as under systemd: another program listens, starts a service at the first connection,
/// passes the socket, and starts it again after it has ended.
///
/// A few lines of Python listen in systemd's place; the units themselves are tested in a machine of
/// their own (`SystemdTests`).
public final class SocketUnit: Sendable {
    private let listener: Child

    /// Listens at this path, and starts the program of these words.
    public init(
        _ socket: String, in scratch: Scratch, backlog: Int, environment: [String: String] = [:],
        starting words: [String]
    ) async throws {
        let listen = try scratch.write(Self.program, to: "listen.py")
        let quiet = open("/dev/null", O_RDWR | O_CLOEXEC)
        defer { close(quiet) }
        let listener = try Child(
            ["/usr/bin/python3", "-BI", listen, socket, "\(backlog)"] + words,
            environment: environment, streams: .descriptors(quiet, quiet, quiet))
        self.listener = listener
        // It gets its name once it listens.
        _ = try await patiently("somebody to listen on \(socket)") {
            guard listener.status == nil else { throw Trouble("nothing listens on \(socket)") }
            return access(socket, F_OK) == 0 ? true : nil
        }
    }

    /// The process of the service, if it runs now.
    public var process: pid_t? {
        let list = "/proc/\(listener.pid)/task/\(listener.pid)/children"
        let text = (try? String(contentsOfFile: list, encoding: .utf8)) ?? ""
        return text.split(separator: " ").compactMap { pid_t($0) }.first
    }

    /// Sends the service a signal.
    public func signal(_ number: Int32) {
        if let process { kill(process, number) }
    }

    /// Ends the listener and the service; connections are refused from now on.
    public func end() {
        signal(SIGKILL)
        listener.end()
        signal(SIGKILL)
    }

    deinit {
        signal(SIGKILL)
        listener.signal(SIGKILL)
    }

    /// Listens, and starts a program: the socket, the backlog, and the program's words.
    private static let program = """
        import ctypes, os, select, socket, sys
        path, backlog, words = sys.argv[1], int(sys.argv[2]), sys.argv[3:]
        # Nothing outlives the tests. Not PR_SET_PDEATHSIG: the thread that started this may end
        # long before.
        tests = os.pidfd_open(os.getppid())
        def wait(file):
            if tests in select.select([file, tests], [], [])[0]:
                sys.exit()
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(path + ".new")
        os.chmod(path + ".new", 0o666)
        listener.listen(backlog)
        os.rename(path + ".new", path)
        while True:
            wait(listener)
            child = os.fork()
            if child == 0:
                # PR_SET_PDEATHSIG
                ctypes.CDLL(None).prctl(1, 9)
                os.dup2(listener.fileno(), 3)
                os.set_inheritable(3, True)
                os.environ["LISTEN_FDS"], os.environ["LISTEN_PID"] = "1", str(os.getpid())
                os.execvp(words[0], words)
            running = os.pidfd_open(child)
            wait(running)
            os.close(running)
            os.waitpid(child, 0)

        """
}
