import Foundation

/// swiftotpd as under systemd: another program listens, starts it at the first connection, passes
/// the socket, and starts it again after it has ended.
///
/// A few lines of Python listen in systemd's place; the units themselves are tested in a machine of
/// their own (`SystemdTests`).
public final class Service: Sendable {
    /// Its socket: for `socket=` and `--socket`.
    public let socket: String
    /// The folder of records that it serves by default.
    public let store: String
    private let scratch: Scratch
    private let listener: Child

    /// One for all tests that name their own store, and change nothing about the service.
    private static let one = Task { try await Service() }
    public static func shared() async throws -> Service { try await one.value }

    /// Starts the service of this store, which has its seal key inside; without one, of a new and
    /// empty store. `configuration` is its configuration file, and `around` are words before the
    /// program, such as `prlimit --nofile=4`. `program` is a swiftotpd other than the one built
    /// with the tests. It hands its mails over at `messenger`.
    public init(
        store: String? = nil, configuration: String = "", environment: [String: String] = [:],
        around: [String] = [], backlog: Int = 512, program: String? = nil,
        messenger: String? = nil
    ) async throws {
        let scratch = try Scratch()
        let store = try store ?? scratch.folder("store")
        let file = try scratch.write(configuration, to: "swiftotp.conf")
        try await Self.makeStore(at: store)
        let socket = try scratch.folder("run", mode: 0o755) + "/swiftotpd.sock"
        let listen = try scratch.write(Self.program, to: "listen.py")
        let quiet = open("/dev/null", O_RDWR | O_CLOEXEC)
        defer { close(quiet) }
        listener = try Child(
            ["python3", "-BI", listen, socket, "\(backlog)"] + around
                + [program ?? Build.product("swiftotpd"), "--config", file, "--store", store]
                + (messenger.map { ["--messenger", $0] } ?? []),
            environment: environment, streams: .descriptors(quiet, quiet, quiet))
        let started = listener
        // It gets its name once it listens.
        _ = try await patiently("the service to listen") {
            guard started.status == nil else { throw Trouble("nothing listens on \(socket)") }
            return access(socket, F_OK) == 0 ? true : nil
        }
        (self.scratch, self.store, self.socket) = (scratch, store, socket)
    }

    /// Makes a store as a package does, with a valid configuration.
    public static func makeStore(at store: String) async throws {
        let scratch = try Scratch()
        defer { withExtendedLifetime(scratch) {} }
        let empty = try scratch.write("", to: "empty.conf")
        try await Command.output([
            Build.product("swiftotpd"), "--init", "--config", empty, "--store", store,
        ])
    }

    /// The process of the service, if it runs now.
    public var process: pid_t? {
        let list = "/proc/\(listener.pid)/task/\(listener.pid)/children"
        let text = (try? String(contentsOfFile: list, encoding: .utf8)) ?? ""
        return text.split(separator: " ").compactMap { pid_t($0) }.first
    }

    /// How many connections it serves now; each has a thread.
    public var connections: Int {
        guard let process,
            let threads = try? FileManager.default.contentsOfDirectory(
                atPath: "/proc/\(process)/task")
        else { return 0 }
        return max(0, threads.count - 1)
    }

    /// Stops, continues or kills the service with SIGSTOP, SIGCONT or SIGKILL.
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
    static let program = """
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
