import Foundation

/// swiftotpd as under systemd (`SocketUnit`).
public final class Service: Sendable {
    /// Its socket: for `socket=` and `--socket`.
    public let socket: String
    /// The folder of records that it serves by default.
    public let store: String
    private let unit: SocketUnit
    private let scratch: Scratch

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
        unit = try await SocketUnit(
            socket, in: scratch, backlog: backlog, environment: environment,
            starting: around
                + [program ?? Build.product("swiftotpd"), "--config", file, "--store", store]
                + (messenger.map { ["--messenger", $0] } ?? []))
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
    public var process: pid_t? { unit.process }

    /// How many connections it serves now; each has a thread.
    public var connections: Int {
        guard let process,
            let threads = try? FileManager.default.contentsOfDirectory(
                atPath: "/proc/\(process)/task")
        else { return 0 }
        return max(0, threads.count - 1)
    }

    /// Stops, continues or kills the service with SIGSTOP, SIGCONT or SIGKILL.
    public func signal(_ number: Int32) { unit.signal(number) }

    /// Ends the listener and the service; connections are refused from now on.
    public func end() { unit.end() }
}
