import FleetNetwork
import Foundation
import TestSupport

/// Certificates that hosts do not have, each in a file with its key. Whoever makes those of the fleet
/// has its authority's key, as these tests do.
struct Certificates {
    private let fleet: Fleet
    private let scratch: Scratch

    private static let folder = Result { try Scratch() }

    init(_ fleet: Fleet) throws {
        (self.fleet, scratch) = (fleet, try Certificates.folder.get())
    }

    private var authority: FleetAuthority {
        get throws {
            let folder = fleet.servers[0].folder
            return try FleetAuthority(
                certificate: String(contentsOfFile: "\(folder)/authority.pem", encoding: .utf8),
                key: String(contentsOfFile: "\(folder)/authority.key", encoding: .utf8))
        }
    }

    /// A host's certificate of another fleet of the same name.
    func foreign() async throws -> String {
        try await make("foreign", by: FleetAuthority.make("test"), host: "web1")
    }

    /// A certificate of web1 that ended a day ago.
    func ended() async throws -> String {
        try await make("ended", by: authority, host: "web1", at: Date() - 86_400, lifetime: 3600)
    }

    /// A certificate for any name.
    func host(_ name: String) async throws -> String {
        try await make(name, by: authority, host: name)
    }

    /// A server's.
    func server() throws -> String {
        let folder = fleet.servers[0].folder
        let text = try ["server.pem", "server.key"].map {
            try String(contentsOfFile: "\(folder)/\($0)", encoding: .utf8)
        }
        return try scratch.write(text.joined(), to: "server.pem")
    }

    /// What a host has now, for when it is another.
    func copy(of host: Host) throws -> String {
        let text = try String(
            contentsOfFile: "\(host.machine.folder)/etc/swiftotp-agent/host.pem", encoding: .utf8)
        return try scratch.write(text, to: "\(host.name).pem")
    }

    /// A request for a certificate, as JSON.
    func request() async throws -> String {
        let (key, request) = (scratch.file("renewed.key"), scratch.file("renewed.csr"))
        try await Certificates.makeRequest(key, request)
        let text = try String(contentsOfFile: request, encoding: .utf8)
        return String(decoding: try JSONEncoder().encode(["request": text]), as: UTF8.self)
    }

    /// What `/join` has given to a host that has no machine: the file with its certificate and key,
    /// and the secret of its invite, which is used up.
    func join(
        _ name: String, rights: String, from host: Host
    ) async throws -> (file: String, secret: String) {
        let said = try await fleet.servers[0].command("invite", name, "--rights", rights)
        guard let text = said.firstMatch(of: #/--token (\S+)/#)?.output.1,
            let token = InviteToken(String(text))
        else { throw Trouble("no token: \(said)") }
        let secret = token.secret.map { String(format: "%02x", $0) }.joined()
        let (key, request) = (scratch.file("\(name).key"), scratch.file("\(name).csr"))
        try await Certificates.makeRequest(key, request)
        let wish = [
            "secret": secret, "request": try String(contentsOfFile: request, encoding: .utf8),
        ]
        let answer = try await BrokenHost(host, certificate: nil).post(
            "join", String(decoding: try JSONEncoder().encode(wish), as: UTF8.self))
        struct Joined: Decodable { let certificate: String }
        guard answer.status == 200 else { throw Trouble("not joined: \(answer)") }
        let joined = try JSONDecoder().decode(Joined.self, from: Data(answer.body.utf8))
        let file = try scratch.write(
            joined.certificate + String(contentsOfFile: key, encoding: .utf8), to: "\(name).pem")
        return (file, secret)
    }

    private static func makeRequest(_ key: String, _ request: String) async throws {
        try await Command.output([
            "openssl", "req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
            "-nodes", "-subj", "/CN=x", "-keyout", key, "-out", request,
        ])
    }

    private func make(
        _ name: String, by authority: FleetAuthority, host: String, at now: Date = Date(),
        lifetime: TimeInterval = FleetAuthority.Lifetime.host
    ) async throws -> String {
        let (key, request) = (scratch.file("\(name).key"), scratch.file("\(name).csr"))
        try await Certificates.makeRequest(key, request)
        let chain = try authority.sign(
            request: String(contentsOfFile: request, encoding: .utf8), host: host, generation: 1,
            now: now,
            lifetime: lifetime)
        return try scratch.write(
            chain + String(contentsOfFile: key, encoding: .utf8), to: "\(name).pem")
    }
}
