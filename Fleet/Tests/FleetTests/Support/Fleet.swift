import Foundation
import Synchronization
import TestSupport

/// A fleet: a database with a synchronous standby, two servers and three hosts, each on a machine
/// of its own. Users may enroll at web1; people with a role may act at web1 and web2; web3 has no
/// right.
final class Fleet: Sendable {
    let lan: Lan
    let databases: [Postgres]
    let servers: [OTPServer]
    let hosts: [Host]
    private let scratch: Scratch
    private let first = Mutex(0)

    /// A fleet for tests that leave it whole.
    static func shared() async throws -> Fleet { try await one.value }
    private static let one = Task { try await Fleet() }
    /// One for tests that break it, one after the other; each begins with a whole one.
    static func stormy() async throws -> Fleet {
        let fleet = try await two.value
        try await fleet.heal()
        return fleet
    }
    private static let two = Task { try await Fleet() }

    static let names = [
        "db1": 1, "db2": 2, "otp1": 11, "otp2": 12, "web1": 21, "web2": 22, "web3": 23,
    ]

    /// Those of a fleet on Patroni (PatroniFleet), besides the same ones.
    static let more = ["db3": 3, "etcd1": 4]

    /// A server that goes by names, and its host (ListTests).
    static let named = ["otp3": 13, "web7": 27]

    /// The names of all machines, in the ground's own /etc/hosts.
    static let addresses = Result {
        let file = try FileHandle(forWritingTo: URL(fileURLWithPath: "/etc/hosts"))
        try file.seekToEnd()
        let all = names.merging(more) { $1 }.merging(named) { $1 }
        let lines = all.map { "192.0.2.\($0.value) \($0.key)\n" }
        try file.write(contentsOf: Data(("\n" + lines.joined()).utf8))
        try file.close()
    }

    /// How servers and commands find the database.
    static let place = "host=db1,db2 dbname=swiftotp target_session_attrs=read-write"

    init(options: [String] = ["", "", ""]) async throws {
        try Fleet.addresses.get()
        _ = try SystemLog.shared()
        let (lan, scratch) = (try await Lan(), try Scratch())
        (self.lan, self.scratch) = (lan, scratch)
        let machine = try await Machine.all(Fleet.names, on: lan, in: scratch)
        databases = [try Postgres(on: machine("db1")), try Postgres(on: machine("db2"))]
        servers = [OTPServer(on: try machine("otp1")), OTPServer(on: try machine("otp2"))]
        var hosts: [Host] = []
        for (name, options) in zip(["web1", "web2", "web3"], options) {
            hosts.append(try await Host(on: machine(name), options: options))
        }
        self.hosts = hosts
        try await makeDatabase()
        try await makeServers()
        for (host, rights) in zip(hosts, ["enroll,admin", "admin", ""]) {
            try await join(host, rights: rights)
        }
    }

    private func makeDatabase() async throws {
        try await databases[0].make(standby: "db2")
        try await databases[0].start()
        try await databases[1].follow(databases[0])
        try await databases[1].start()
        try await databases[0].awaitStandby()
        // As docs/FLEET.md says: the owner of the tables is no superuser.
        for statement in [
            "CREATE ROLE swiftotp_owner LOGIN", "CREATE ROLE swiftotp_server LOGIN",
            "CREATE DATABASE swiftotp OWNER swiftotp_owner ENCODING 'UTF8' TEMPLATE template0",
        ] {
            try await databases[0].sql(statement, in: "postgres")
        }
    }

    private func makeServers() async throws {
        try await servers[0].command(
            "init", "--fleet", "test", "--names", "otp1", "--metrics-port", "9463", "--owner",
            "\(Fleet.place) user=swiftotp_owner", "--database",
            "\(Fleet.place) user=swiftotp_server")
        try await servers[1].copy(servers[0])
        try await setPolicy("trust = key")
    }

    /// Starts the servers, anew if they run, with these options for all hosts.
    func setPolicy(_ options: String) async throws {
        for server in servers {
            try Data("\(options)\n".utf8).write(
                to: URL(fileURLWithPath: "\(server.machine.folder)/etc/security/swiftotp.conf"))
            try await server.stop()
            try await server.start()
        }
    }

    /// Lets a host join, and starts its agent.
    func join(_ host: Host, rights: String) async throws {
        try await host.join(servers, rights: rights)
    }

    /// The database that is the primary now.
    var primary: Postgres { databases[first.withLock { $0 }] }
    /// The other one.
    var standby: Postgres { databases[1 - first.withLock { $0 }] }
    /// Notes that the standby is the primary now.
    func swap() { first.withLock { $0 = 1 - $0 } }
}
