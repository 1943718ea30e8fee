import Foundation
import TestSupport

/// A fleet on three database machines under Patroni, with two servers and three hosts.
final class PatroniFleet: Sendable {
    let nodes: [PatroniNode]
    let servers: [OTPServer]
    let hosts: [Host]
    private let scratch: Scratch
    private let etcd: Daemon

    /// For how many minutes things fail: FLEET_PATRONI, or not at all.
    static let minutes =
        ProcessInfo.processInfo.environment["FLEET_PATRONI"].flatMap { Int($0) } ?? 0

    init() async throws {
        try Fleet.addresses.get()
        _ = try SystemLog.shared()
        let (lan, scratch) = (try await Lan(), try Scratch())
        self.scratch = scratch
        let machine = try await Machine.all(
            Fleet.names.merging(Fleet.more) { $1 }, on: lan, in: scratch)
        etcd = try await PatroniFleet.startEtcd(on: machine("etcd1"))
        let tls = try await PatroniFleet.makeCertificate(in: scratch)
        var nodes: [PatroniNode] = []
        for name in ["db1", "db2", "db3"] {
            nodes.append(try await PatroniNode(on: machine(name), tls: tls))
        }
        self.nodes = nodes
        servers = [OTPServer(on: try machine("otp1")), OTPServer(on: try machine("otp2"))]
        var hosts: [Host] = []
        for name in ["web1", "web2", "web3"] {
            hosts.append(try await Host(on: machine(name), options: ""))
        }
        self.hosts = hosts
        let passwords = try await makeDatabase()
        try await makeServers(
            "host=db1,db2,db3 dbname=swiftotp target_session_attrs=read-write "
                + "passfile=\(passwords) sslmode=verify-full sslrootcert=\(tls)/database.pem")
        for (host, rights) in zip(hosts, ["enroll,admin", "admin", ""]) {
            try await host.join(servers, rights: rights)
        }
    }

    private static func startEtcd(on machine: Machine) async throws -> Daemon {
        let data = "\(machine.folder)/etcd"
        try await Command.output(["install", "-d", "-o", "postgres", "-m", "700", data])
        let (client, peer) = ("http://\(machine.address):2379", "http://\(machine.address):2380")
        let daemon = try Daemon(
            machine.words(asPostgres: [
                "etcd", "--enable-v2", "--data-dir", data, "--name", machine.name,
                "--listen-client-urls", client, "--advertise-client-urls", client,
                "--listen-peer-urls", peer, "--initial-advertise-peer-urls", peer,
                "--initial-cluster", "\(machine.name)=\(peer)",
            ]), log: "\(machine.folder)/etcd.log")
        try await daemon.wait(for: "etcd") {
            try await Command.run(
                machine.words + ["curl", "--silent", "--fail", "\(client)/health"]
            ).status == 0
        }
        return daemon
    }

    /// As the page makes it.
    private static func makeCertificate(in scratch: Scratch) async throws -> String {
        let folder = try scratch.folder("tls", mode: 0o755)
        try await Command.output([
            "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
            "-nodes", "-days", "3650", "-subj", "/CN=swiftotp-database", "-addext",
            "subjectAltName=DNS:db1,DNS:db2,DNS:db3", "-keyout", "\(folder)/database.key", "-out",
            "\(folder)/database.pem",
        ])
        try await Command.output(["chown", "postgres:", "\(folder)/database.key"])
        return folder
    }

    /// Returns the file with the passwords of the roles.
    private func makeDatabase() async throws -> String {
        for node in nodes { try node.start() }
        let leader = try await settle()
        for role in ["swiftotp_owner", "swiftotp_server"] {
            try await leader.sql("CREATE ROLE \(role) LOGIN PASSWORD '\(role)'", in: "postgres")
        }
        try await leader.sql(
            "CREATE DATABASE swiftotp OWNER swiftotp_owner ENCODING 'UTF8' TEMPLATE template0",
            in: "postgres")
        return try scratch.write(
            ["swiftotp_owner", "swiftotp_server"].map { "*:*:*:\($0):\($0)\n" }.joined(),
            to: "pgpass")
    }

    private func makeServers(_ place: String) async throws {
        try await servers[0].command(
            "init", "--fleet", "test", "--names", "otp1", "--owner",
            "\(place) user=swiftotp_owner", "--database", "\(place) user=swiftotp_server")
        try await servers[1].copy(servers[0])
        for server in servers { try await server.start() }
    }

    // MARK: Patroni

    /// What Patroni says of a database machine.
    struct Member: Decodable {
        let name: String, role: String, state: String
        let timeline: Int?
    }

    /// The primary that Patroni has, if it answers.
    func leader() async throws -> PatroniNode? {
        for node in nodes where try await node.ask("leader") != nil { return node }
        return nil
    }

    /// What Patroni says of all.
    func members(_ leader: PatroniNode) async throws -> [Member] {
        struct Answer: Decodable { let members: [Member] }
        guard let text = try await leader.ask("cluster") else { return [] }
        return try JSONDecoder().decode(Answer.self, from: Data(text.utf8)).members
    }

    /// Waits until Patroni has brought everything back by itself, a primary with a synchronous
    /// standby and another one, and returns the primary. What systemd does for a service that was
    /// killed is done here: it starts again.
    @discardableResult
    func settle(within limit: Duration = .seconds(240)) async throws -> PatroniNode {
        let end = ContinuousClock.now + limit
        var members: [Member] = []
        while ContinuousClock.now < end {
            for node in nodes { try node.start() }
            if let leader = try await self.leader() {
                members = try await self.members(leader)
                let roles = members.map(\.role).sorted()
                if roles == ["leader", "replica", "sync_standby"],
                    Set(members.map(\.timeline)).count == 1,
                    members.allSatisfy({ ["running", "streaming"].contains($0.state) })
                {
                    return leader
                }
            }
            try await Task.sleep(for: .milliseconds(500))
        }
        let said = nodes.map { "\($0.name):\n\($0.said)" }.joined(separator: "\n")
        throw Trouble("the databases did not come back: \(members)\n\(said)")
    }

    /// Gives every host its whole budget of failures again.
    func release() async throws { try await servers[0].release(hosts) }
}
