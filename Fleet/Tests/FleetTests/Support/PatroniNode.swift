import Foundation
import Synchronization
import TestSupport

/// A database machine as the chapter on Patroni in docs/FLEET.md sets it up, with the configuration
/// that is on the page. Nothing of it runs as root.
final class PatroniNode: Sendable {
    let machine: Machine
    private let settings: String
    private let folder: String
    private let daemon = Mutex<Daemon?>(nil)

    var name: String { machine.name }

    /// Writes its configuration; `tls` has the certificate and its key.
    init(on machine: Machine, tls: String) async throws {
        self.machine = machine
        folder = "\(machine.folder)/postgresql"
        settings = "\(machine.folder)/patroni.yml"
        try await Command.output(["install", "-d", "-o", "postgres", "-m", "700", folder])
        var text = try PatroniNode.page()
        for (old, new) in [
            // One etcd is enough here: it is not what fails.
            ("db1:2379,db2:2379,db3:2379", "etcd1:2379"), ("db1", machine.name),
            ("/var/lib/postgresql", folder), ("/var/run/postgresql", folder),
            ("/etc/postgresql/tls", tls), ("/usr/lib/postgresql/15/bin", Postgres.programs),
        ] {
            guard text.contains(old) else { throw Trouble("docs/FLEET.md has no \(old)") }
            text.replace(old, with: new)
        }
        try Data(text.utf8).write(to: URL(fileURLWithPath: settings))
        try await Command.output(["chown", "postgres:", settings])
        try await Command.output(["chmod", "600", settings])
    }

    /// The file that the page shows: the indented lines from `scope` on.
    private static func page() throws -> String {
        let lines = try Project.text("docs/FLEET.md").split(
            separator: "\n", omittingEmptySubsequences: false)
        let file = lines.drop { $0 != "    scope: swiftotp" }.prefix { !$0.isEmpty }
        guard !file.isEmpty else { throw Trouble("docs/FLEET.md has no Patroni") }
        return file.map { $0.dropFirst(4) + "\n" }.joined()
    }

    private func words(_ words: [String]) -> [String] {
        machine.words(asPostgres: ["HOME=\(folder)"] + words)
    }

    // MARK: Patroni

    /// Starts Patroni, unless it runs.
    func start() throws {
        try daemon.withLock { daemon in
            guard daemon == nil || daemon?.child.status != nil else { return }
            daemon = try Daemon(words(["patroni", settings]), log: log)
        }
    }

    private var log: String { "\(machine.folder)/patroni.log" }

    /// The last that Patroni and PostgreSQL said.
    var said: String {
        let said = (try? String(contentsOfFile: log, encoding: .utf8)) ?? ""
        return said.split(separator: "\n").suffix(25).joined(separator: "\n")
    }

    /// Kills Patroni alone; PostgreSQL goes on without it.
    func killPatroni() {
        daemon.withLock { daemon in
            daemon?.kill()
            daemon = nil
        }
    }

    /// Runs patronictl.
    @discardableResult
    func control(_ words: String...) async throws -> String {
        try await Command.output(self.words(["patronictl", "-c", settings] + words))
    }

    /// What Patroni's own door answers, or nothing within a second. A path such as `leader` is
    /// answered only by one that is.
    func ask(_ path: String) async throws -> String? {
        let words = ["curl", "--silent", "--fail", "--max-time", "1"]
        let done = try await Command.run(
            machine.lan.words + words + ["http://\(machine.address):8008/\(path)"])
        return done.status == 0 ? done.output : nil
    }

    // MARK: PostgreSQL

    /// PostgreSQL's processes, the postmaster first; none if it does not run.
    private var processes: [pid_t] {
        let file = "\(folder)/15/main/postmaster.pid"
        let text = (try? String(contentsOfFile: file, encoding: .utf8)) ?? ""
        guard let pid = text.split(separator: "\n").first.flatMap({ pid_t($0) }),
            let name = try? String(contentsOfFile: "/proc/\(pid)/comm", encoding: .utf8),
            name == "postgres\n"
        else { return [] }
        return [pid] + Postgres.children(of: pid)
    }

    /// Kills PostgreSQL with SIGKILL.
    func killPostgres() {
        for pid in processes { kill(pid, SIGKILL) }
    }

    /// Stops PostgreSQL in the middle of whatever it does, and Patroni with it if the machine stops.
    func freeze(wholly: Bool) {
        if wholly { daemon.withLock { $0?.child.signal(SIGSTOP) } }
        for pid in processes { kill(pid, SIGSTOP) }
    }

    /// Lets them go on.
    func thaw() {
        for pid in processes.reversed() { kill(pid, SIGCONT) }
        daemon.withLock { $0?.child.signal(SIGCONT) }
    }

    /// Runs a statement as the superuser.
    @discardableResult
    func sql(_ text: String, in database: String = "swiftotp") async throws -> [[String]] {
        try await Postgres.rows(words([]), text, in: database, at: folder)
    }

    deinit {
        thaw()
        killPatroni()
        killPostgres()
    }
}
