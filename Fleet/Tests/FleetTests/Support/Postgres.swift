import Foundation
import Synchronization
import TestSupport

/// PostgreSQL on a machine; it never runs as root.
final class Postgres: Sendable {
    let machine: Machine
    private let data: String
    private let log: String
    private let daemon = Mutex<Daemon?>(nil)

    /// The programs of the newest version that is installed.
    static let programs: String = {
        let all =
            (try? FileManager.default.contentsOfDirectory(atPath: "/usr/lib/postgresql")) ?? []
        let newest = all.compactMap { Int($0) }.max() ?? 0
        return "/usr/lib/postgresql/\(newest)/bin"
    }()

    init(on machine: Machine) throws {
        self.machine = machine
        data = "\(machine.folder)/data"
        log = "\(machine.folder)/postgres.log"
    }

    /// The words that run one of its programs.
    private func words(_ program: String, _ words: [String]) -> [String] {
        machine.words(asPostgres: ["\(Postgres.programs)/\(program)"] + words)
    }

    private func prepare() async throws {
        try await Command.output(["rm", "-rf", data])
        try await Command.output(["install", "-d", "-o", "postgres", "-m", "700", data])
    }

    /// Makes an empty database that names `standby` its synchronous standby.
    func make(standby: String) async throws {
        try await prepare()
        try await Command.output(
            words(
                "initdb",
                ["--no-sync", "--auth=trust", "--encoding=UTF8", "--wal-segsize=1", data]))
        let rule = "host all,replication all 192.0.2.0/24 trust\n"
        let settings = """
            listen_addresses = '*'
            unix_socket_directories = ''
            shared_buffers = 16MB
            max_connections = 200
            synchronous_standby_names = '\(standby)'

            """
        for (name, text) in [("pg_hba.conf", rule), ("postgresql.conf", settings)] {
            let file = try FileHandle(forWritingTo: URL(fileURLWithPath: "\(data)/\(name)"))
            try file.seekToEnd()
            try file.write(contentsOf: Data(text.utf8))
            try file.close()
        }
    }

    /// Copies another database, to follow it.
    func follow(_ primary: Postgres) async throws {
        try await prepare()
        try await Command.output(
            words(
                "pg_basebackup",
                [
                    "--host=\(primary.machine.address)", "--checkpoint=fast", "--no-sync",
                    "--write-recovery-conf", "--dbname=application_name=\(machine.name)", "-D",
                    data,
                ]))
    }

    /// Starts it behind these words.
    func start(around: [String] = []) async throws {
        var all = words("postgres", ["-D", data])
        all.insert(contentsOf: around, at: all.count - 3)
        let daemon = try Daemon(all, log: log)
        let ready = words("pg_isready", ["--host=\(machine.address)"])
        try await daemon.wait(for: "PostgreSQL") { try await Command.run(ready).status == 0 }
        self.daemon.withLock { $0 = daemon }
        isOdd.withLock { $0 = !around.isEmpty }
    }

    /// Whether it runs.
    var isRunning: Bool { daemon.withLock { $0?.child.status == nil && $0 != nil } }
    /// Whether it runs as it should.
    var isWell: Bool { isRunning && !isOdd.withLock { $0 } }
    private let isOdd = Mutex(false)

    /// Kills it with SIGKILL: the postmaster, and at once all that serve connections.
    func kill() {
        daemon.withLock { daemon in
            guard let pid = daemon?.child.pid else { return }
            let children = Postgres.children(of: pid)
            daemon?.kill()
            for child in children { Glibc.kill(child, SIGKILL) }
            daemon = nil
        }
    }

    /// What a postmaster has started.
    static func children(of pid: pid_t) -> [pid_t] {
        let list = "/proc/\(pid)/task/\(pid)/children"
        let children = (try? String(contentsOfFile: list, encoding: .utf8)) ?? ""
        return children.split(separator: " ").compactMap { pid_t($0) }
    }

    /// Ends it at once, in good order.
    func stop() async throws {
        let daemon = self.daemon.withLock { daemon in
            defer { daemon = nil }
            return daemon
        }
        try await daemon?.end(SIGINT)
    }

    /// Makes the standby the primary, with another standby or none.
    func promote(standby: String) async throws {
        try await Command.output(words("pg_ctl", ["promote", "-D", data, "--wait", "--silent"]))
        try await setStandby(standby)
    }

    /// Changes the list of standbys.
    func setStandby(_ name: String) async throws {
        try await sql("ALTER SYSTEM SET synchronous_standby_names = '\(name)'", in: "postgres")
        try await sql("SELECT pg_reload_conf()", in: "postgres")
    }

    /// Runs a statement as its superuser, and returns the rows. The wait for a standby is left out.
    @discardableResult
    func sql(_ text: String, in database: String = "swiftotp") async throws -> [[String]] {
        try await Postgres.rows(machine.lan.words, text, in: database, at: machine.address)
    }

    /// Runs a statement as the superuser by psql behind these words.
    static func rows(
        _ words: [String], _ text: String, in database: String, at host: String
    ) async throws -> [[String]] {
        try await Command.output(
            words + [
                "env", "PGOPTIONS=-c synchronous_commit=local", "\(programs)/psql",
                "--no-psqlrc", "--host=\(host)", "--username=postgres", "--quiet",
                "--tuples-only", "--no-align", "--field-separator=|", "--dbname=\(database)",
                "--command=\(text)",
            ]
        ).split(separator: "\n").map { $0.split(separator: "|", omittingEmptySubsequences: false) }
            .map { $0.map(String.init) }
    }

    /// Makes each commit wait for a receiver of this database's log, which is no standby. It runs as
    /// long as somebody has it.
    func startReceiver() async throws -> Daemon {
        let folder = "\(machine.folder)/received"
        try await Command.output(["rm", "-rf", folder])
        try await Command.output(["install", "-d", "-o", "postgres", "-m", "700", folder])
        let receiver = try Daemon(
            words(
                "pg_receivewal",
                ["--host=\(machine.address)", "--synchronous", "--no-loop", "-D", folder]),
            log: "\(folder).log")
        try await setStandby("pg_receivewal")
        try await awaitStandby()
        return receiver
    }

    /// Waits until the standby has everything that there is.
    func awaitStandby() async throws {
        for _ in 0..<400 {
            let state = try await sql("SELECT sync_state FROM pg_stat_replication", in: "postgres")
            if state == [["sync"]] { return }
            try await Task.sleep(for: .milliseconds(50))
        }
        throw Trouble("no standby follows \(machine.name)")
    }
}
