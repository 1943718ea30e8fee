import Foundation
import Synchronization

@testable import FleetStore

/// One real server of PostgreSQL, which ends with the tests.
final class PostgresServer: Sendable {
    let folder: String
    let port: Int
    private let process = Mutex<(shell: Process, pid: pid_t)?>(nil)

    /// Makes a server's files; on a disk of its own if `room` says how large that is, in MB.
    init(syncs: Bool = false, room: Int? = nil) throws {
        folder = Scratch.path("postgres")
        port = try Port.free()
        try makeFolder(room: room)
        try Tool.run(
            Tool.asNobody + [
                "\(Tool.postgres)/initdb", "--no-sync", "-U", "postgres", "-A", "trust", "-E",
                "UTF8", "--locale", "C", "-D", folder,
            ])
        let settings =
            [
                "listen_addresses = '127.0.0.1'", "unix_socket_directories = ''",
                "max_connections = 250", "shared_buffers = 32MB", "wal_level = replica",
                "logging_collector = off", "max_wal_senders = 5", "wal_keep_size = 256MB",
                "wal_receiver_status_interval = 1",
                // A dead process loses nothing that it wrote, and no test ends the machine.
                "fsync = \(syncs ? "on" : "off")",
            ]
        try append(settings, to: "postgresql.conf")
    }

    /// Copies another server, to follow it under the name `standby`.
    init(following primary: PostgresServer) throws {
        folder = Scratch.path("standby")
        port = try Port.free()
        try makeFolder()
        let source = "host=127.0.0.1 port=\(primary.port) user=postgres application_name=standby"
        try Tool.run(
            Tool.asNobody + [
                "\(Tool.postgres)/pg_basebackup", "-d", source, "-D", folder, "-R", "-X", "stream",
                "-c", "fast", "--no-sync",
            ])
    }

    private func makeFolder(room: Int? = nil) throws {
        try FileManager.default.createDirectory(
            atPath: folder, withIntermediateDirectories: true,
            attributes: [.posixPermissions: 0o700])
        if let room {
            try Tool.run([
                "mount", "-t", "tmpfs", "-o", "mode=700,size=\(room)M", "tmpfs", folder,
            ])
        }
        try Tool.run(["chown", "nobody:nogroup", folder])
    }

    private func append(_ lines: [String], to name: String) throws {
        guard let file = FileHandle(forWritingAtPath: "\(folder)/\(name)") else {
            throw Trouble("no \(name)")
        }
        try file.seekToEnd()
        try file.write(contentsOf: Data((lines.joined(separator: "\n") + "\n").utf8))
        try file.close()
    }

    /// Starts it, and waits until it answers.
    func start() async throws {
        // A shell that ends the server when the tests end, however they do.
        let shell = Process()
        shell.executableURL = URL(fileURLWithPath: "/bin/sh")
        shell.arguments =
            [
                "-c",
                """
                "$@" >"$LOG" 2>&1 & server=$!
                echo $server
                exec >/dev/null
                while kill -0 $TESTS && kill -0 $server; do sleep 0.3; done
                kill -QUIT $server
                wait $server
                """, "sh",
            ] + Tool.asNobody + ["\(Tool.postgres)/postgres", "-D", folder, "-p", "\(port)"]
        shell.environment = [
            "LOG": "\(folder).log", "PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C",
            "TESTS": "\(getpid())",
        ]
        let output = Pipe()
        shell.standardInput = FileHandle.nullDevice
        shell.standardOutput = output
        shell.standardError = FileHandle.nullDevice
        try shell.run()
        let line = output.fileHandleForReading.availableData
        guard let pid = pid_t(String(decoding: line, as: UTF8.self).filter(\.isNumber)) else {
            throw Trouble("PostgreSQL did not start")
        }
        process.withLock { $0 = (shell, pid) }
        for _ in 0..<600 {
            if (try? answers()) == true { return }
            guard kill(pid, 0) == 0 else { break }
            try await Task.sleep(for: .milliseconds(50))
        }
        let log = try? String(contentsOfFile: "\(folder).log", encoding: .utf8)
        throw Trouble("PostgreSQL does not answer: \(log ?? "")")
    }

    private func answers() throws -> Bool {
        let address = try PostgresAddress.all(in: address(of: "postgres"))
        let limit = ContinuousClock.now + .seconds(2)
        let connection = try address[0].connect(as: "test", until: limit)
        return try connection.run(PostgresStatement("SELECT true"), until: limit).rows().count == 1
    }

    /// Ends it: at once (`SIGKILL`), or as an admin would (`SIGINT`).
    func end(_ signal: Int32) throws {
        guard let (shell, pid) = process.withLock({ $0 }) else { return }
        if signal == SIGKILL {
            // As if the machine had died.
            signalAll(SIGKILL)
        } else {
            kill(pid, signal)
        }
        shell.waitUntilExit()
        process.withLock { $0 = nil }
    }

    /// Sends a signal to all of its processes: `SIGSTOP` makes it silent, until `SIGCONT`.
    func signalAll(_ signal: Int32) {
        guard let (_, pid) = process.withLock({ $0 }) else { return }
        let children = try? Tool.run(["ps", "-o", "pid=", "--ppid", "\(pid)"])
        kill(pid, signal)
        for child in (children ?? "").split(whereSeparator: { $0.isWhitespace }) {
            if let child = pid_t(child) { kill(child, signal) }
        }
    }

    /// Makes a standby a primary.
    func promote() throws {
        try Tool.run(
            Tool.asNobody + ["\(Tool.postgres)/pg_ctl", "promote", "-w", "-D", folder])
    }

    /// Where it is, for libpq.
    func address(of database: String, as role: String = "postgres") -> String {
        "host=127.0.0.1 port=\(port) dbname=\(database) user=\(role)"
    }

    /// A connection as the superuser.
    func connect(to database: String = "postgres") throws -> PostgresConnection {
        try PostgresConnection.connect(
            to: address(of: database), as: "test", statementTime: .seconds(60),
            until: ContinuousClock.now + .seconds(20))
    }

    /// Runs statements as the superuser.
    @discardableResult
    func run(_ statements: String..., in database: String = "postgres") throws -> PostgresRows {
        let connection = try connect(to: database)
        var rows = PostgresRows(rows: [])
        for statement in statements {
            rows = try connection.run(
                PostgresStatement(statement), until: ContinuousClock.now + .seconds(60)
            ).rows()
        }
        return rows
    }
}
