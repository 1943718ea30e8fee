import Foundation
import OTPCore
import OTPWire
import Testing

@testable import FleetNetwork
@testable import FleetStore

/// A real PostgreSQL, the built servers, and the built agent of one host, all on loopback.
final class LiveFleet: Sendable {
    let folder: String
    private let databasePort: Int
    private let running = Lock<[String: Process]>([:])

    /// How the owner of the tables connects.
    var owner: String { "host=127.0.0.1 port=\(databasePort) dbname=fleet user=postgres" }

    init() async throws {
        folder = FileManager.default.temporaryDirectory.path + "/live-\(UUID().uuidString)"
        databasePort = try LiveFleet.freePort()
        try FileManager.default.createDirectory(
            atPath: "\(folder)/pg", withIntermediateDirectories: true,
            attributes: [.posixPermissions: 0o755])
        try await startDatabase()
    }

    deinit {
        for (name, process) in running.withLock({ $0 }) {
            // The shell ends the database, and then itself.
            kill(process.processIdentifier, name == "database" ? SIGTERM : SIGKILL)
            process.waitUntilExit()
        }
        try? FileManager.default.removeItem(atPath: folder)
    }

    // MARK: The database

    private static let postgres = "/usr/lib/postgresql/15/bin"
    private static let asNobody = [
        "setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups",
    ]

    private func startDatabase() async throws {
        try await Built.run(["chown", "nobody:nogroup", "\(folder)/pg"])
        try await Built.run(["chmod", "700", "\(folder)/pg"])
        try await Built.run(
            LiveFleet.asNobody + [
                "\(LiveFleet.postgres)/initdb", "--no-sync", "-U", "postgres", "-A", "trust", "-E",
                "UTF8", "--locale", "C", "-D", "\(folder)/pg",
            ])
        // A shell that ends the database with the tests, however they end.
        try start(
            "database",
            [
                "sh", "-c",
                """
                "$@" & child=$!
                trap 'kill -QUIT $child' TERM
                while kill -0 \(getpid()) 2>/dev/null && kill -0 $child 2>/dev/null; do sleep 0.3; done
                kill -QUIT $child
                """, "sh",
            ] + LiveFleet.asNobody + [
                "\(LiveFleet.postgres)/postgres", "-D", "\(folder)/pg", "-p", "\(databasePort)",
                "-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories=",
                "-c", "fsync=off", "-c", "max_connections=100",
            ])
        let isThere = await eventually {
            (try? await self.sql("CREATE DATABASE fleet", in: "postgres")) != nil
        }
        try #require(isThere, "PostgreSQL does not answer")
    }

    /// Runs a statement as the database's superuser.
    @discardableResult
    func sql(_ statement: String, in database: String = "fleet") async throws -> String {
        try await Built.run([
            "\(LiveFleet.postgres)/psql", "-h", "127.0.0.1", "-p", "\(databasePort)", "-U",
            "postgres", "-d", database, "-c", statement,
        ])
    }

    // MARK: Servers

    /// Makes the fleet, with the folder of its first server.
    func makeFleet(port: Int, metricsPort: Int? = nil) async throws {
        let words = [
            "init", "--fleet", "lab", "--names", "127.0.0.1", "--owner", owner, "--database",
            "host=127.0.0.1 port=\(databasePort) dbname=fleet user=swiftotp_server", "--port",
            "\(port)", "--address", "127.0.0.1", "--replication", "none",
        ]
        try await command(words + (metricsPort.map { ["--metrics-port", "\($0)"] } ?? []))
    }

    /// Makes the fleet, starts its server, and has the host join; returns the server's port.
    @discardableResult
    func open(metricsPort: Int? = nil, rights: String = LiveFleet.rights) async throws -> Int {
        let port = try LiveFleet.freePort()
        try await makeFleet(port: port, metricsPort: metricsPort)
        try startServer()
        try await join(port, rights: rights)
        return port
    }

    /// What the host may do unless a test says otherwise.
    static let rights = "enroll,import"

    /// Gives another server a copy of the first one's folder.
    func copyFolder(to number: Int, port: Int, from old: Int) throws {
        try FileManager.default.copyItem(atPath: path(of: 1), toPath: path(of: number))
        let file = "\(path(of: number))/server.conf"
        let text = try PrivateFile.read(file)
        try PrivateFile.write(text.replacing("port = \(old)", with: "port = \(port)"), at: file)
    }

    /// The folder of a server.
    func path(of number: Int) -> String { "\(folder)/server\(number)" }

    /// The folder of credentials that systemd would have made for the servers, if there is one.
    let credentials = Lock<String?>(nil)

    /// The words that run a command of a server.
    private func running(_ words: [String], _ number: Int) throws -> [String] {
        let folder = credentials.withLock { $0 }.map { ["CREDENTIALS_DIRECTORY=\($0)"] } ?? []
        let program = try Built.program("swiftotp-server")
        return folder + [program] + words + ["--folder", path(of: number)]
    }

    /// Runs a command of a server's, and returns what it says.
    @discardableResult
    func server(_ words: String..., number: Int = 1) async throws -> String {
        try await command(words, number)
    }

    @discardableResult
    func command(_ words: [String], _ number: Int = 1) async throws -> String {
        try await Built.run(running(words, number))
    }

    func startServer(_ number: Int = 1) throws {
        try start("server\(number)", running(["serve"], number))
    }

    // MARK: The host

    /// Joins the host `web17`, whose servers have these ports.
    func join(_ ports: Int..., rights: String = LiveFleet.rights) async throws {
        let invite = try await server("invite", "web17", "--rights", rights)
        let token = try #require(
            invite.split(separator: "--token ").last?.split(separator: "\n").first)
        let urls = ports.map { "https://127.0.0.1:\($0)" }.joined(separator: ",")
        let agent = try Built.program("swiftotp-agent")
        let isIn = await eventually {
            (try? await Built.run([
                agent, "join", urls, "--token", String(token), "--folder", "\(self.folder)/keys",
            ])) != nil
        }
        try #require(isIn, "the host could not join")
        try FileManager.default.createDirectory(
            atPath: "\(folder)/state", withIntermediateDirectories: true,
            attributes: [.posixPermissions: 0o700])
    }

    var socket: String { "\(folder)/a.sock" }

    func startAgent() throws {
        try start(
            "agent",
            [
                try Built.program("swiftotp-agent"), "serve", "--folder", "\(folder)/keys",
                "--state", "\(folder)/state", "--socket", socket,
            ])
    }

    /// Whether the agent has heard that a server judges.
    func isReady() async -> Bool {
        let words = ["status", "--socket", socket]
        return (try? await Built.run([Built.program("swiftotp-agent")] + words)) != nil
    }

    /// Asks the agent itself.
    func ask(_ step: OfflineCall.Step, of user: String) async throws -> OfflineReply.Result {
        try Document.offlineReply(
            try await send(try OfflineCall(step, user: user).encoded())
        ).result
    }

    /// Asks the servers.
    func call(_ call: FleetCall) async throws -> FleetReply.Result {
        try Document.fleetReply(try await send(try Document.encode(call))).result
    }

    private func send(_ body: [UInt8]) async throws -> [UInt8] {
        let path = Array(socket.utf8)
        let answer: AgentAnswer = try await withCheckedThrowingContinuation { continuation in
            Thread.detachNewThread {
                continuation.resume(with: Result { try AgentClient.send(body, to: path) })
            }
        }
        switch answer {
        case .answered(let bytes): return bytes
        case .failed(let status, let why): throw Built.Failure(description: "\(status): \(why)")
        }
    }

    // MARK: Processes

    private func start(_ name: String, _ words: [String]) throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = words
        _ = FileManager.default.createFile(atPath: "\(folder)/\(name).log", contents: nil)
        let log = FileHandle(forWritingAtPath: "\(folder)/\(name).log")
        (process.standardOutput, process.standardError) = (log, log)
        process.standardInput = FileHandle.nullDevice
        try process.run()
        running.withLock { $0[name] = process }
    }

    /// Ends a process at once.
    func stop(_ name: String) {
        guard let process = running.withLock({ $0.removeValue(forKey: name) }) else { return }
        kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
    }

    static func freePort() throws -> Int {
        let descriptor = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let result = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, length) | getsockname(descriptor, $0, &length)
            }
        }
        try #require(result == 0)
        return Int(UInt16(bigEndian: address.sin_port))
    }
}

/// Something that one thread at a time may use.
final class Lock<Value: Sendable>: @unchecked Sendable {
    private let lock = NSLock()
    private var value: Value

    init(_ value: Value) { self.value = value }

    func withLock<Result>(_ body: (inout Value) throws -> Result) rethrows -> Result {
        lock.lock()
        defer { lock.unlock() }
        return try body(&value)
    }
}
