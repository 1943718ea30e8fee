import Foundation

/// swiftotp-helper behind a socket, as systemd starts it: a process for each connection.
///
/// What listens is systemd-socket-activate(1), in the place of systemd.
public final class Helper: Sendable {
    /// Where it listens: for `helper=` and `--helper`.
    public let socket: String
    /// The folder of records.
    public let store: String
    private let scratch: Scratch
    private let listener: Child

    /// Starts the helper of this store, which keeps its seal key too; without one, of a new and
    /// empty store of its own. `configuration` is what its configuration file says, and `limits`
    /// are words before the program, such as `prlimit --nofile=4`.
    public init(
        store: String? = nil, configuration: String = "", environment: [String: String] = [:],
        limits: [String] = []
    ) async throws {
        let scratch = try Scratch()
        let store = try store ?? scratch.folder("store")
        let file = try scratch.write(configuration, to: "swiftotp.conf")
        let socket = try scratch.folder("run", mode: 0o755) + "/helper.sock"
        let quiet = open("/dev/null", O_RDWR | O_CLOEXEC)
        defer { close(quiet) }
        listener = try Child(
            ["systemd-socket-activate", "--accept", "--inetd", "--listen=\(socket)"]
                + environment.map { "--setenv=\($0)=\($1)" } + limits
                + [Build.product("swiftotp-helper"), "--config", file, "--store", store],
            environment: [:], streams: .descriptors(quiet, quiet, quiet))
        let started = listener
        // It is there when it is bound, and answers when it listens, which is a moment later.
        _ = try await patiently("the helper to listen") {
            guard started.status == nil else { throw Trouble("nobody listens on \(socket)") }
            return Helper.isListening(socket) ? true : nil
        }
        guard chmod(socket, 0o666) == 0 else { throw Trouble("cannot open \(socket) to all") }
        (self.scratch, self.store, self.socket) = (scratch, store, socket)
    }

    /// The processes that serve a connection now.
    public var serving: [pid_t] {
        let list = "/proc/\(listener.pid)/task/\(listener.pid)/children"
        let text = (try? String(contentsOfFile: list, encoding: .utf8)) ?? ""
        return text.split(separator: " ").compactMap { pid_t($0) }
    }

    /// Whether a socket at this path listens, as the kernel's list says: without a connection.
    private static func isListening(_ path: String) -> Bool {
        let text = (try? kernelFile("/proc/net/unix")) ?? ""
        return text.split(separator: "\n").contains { line in
            // __SO_ACCEPTCON is set in the flags of a socket that listens.
            let words = line.split(separator: " ")
            return words.count == 8 && words[3] == "00010000" && words[7] == path
        }
    }

    deinit {
        listener.signal(SIGTERM)
        for process in serving { kill(process, SIGKILL) }
    }
}
