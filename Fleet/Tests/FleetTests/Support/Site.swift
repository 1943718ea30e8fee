import Foundation
import TestSupport

/// A site's own authority, and certificates of hosts, made by the commands of docs/FLEET.md.
final class Site: Sendable {
    private let folder: Scratch
    private let commands: [String]

    /// Where a host's certificate and key are.
    struct Files: Sendable {
        let certificate: String, key: String

        /// The options of `join`.
        var options: [String] { ["--certificate", certificate, "--key", key] }
    }

    /// Makes the authority, whose command is the last one there: most sites have one already.
    init() async throws {
        folder = try Scratch()
        commands = try Guide.commands(of: "openssl", below: "Certificates of your own authority")
        guard commands.count == 3 else { throw Trouble("other commands: \(commands)") }
        try await run(commands[2])
    }

    /// Makes a key and a certificate for a host, in place of those that it has.
    func make(_ host: String) async throws -> Files {
        for command in commands.prefix(2) {
            try await run(command.replacing("web1", with: host))
        }
        return Files(certificate: folder.file("\(host).pem"), key: folder.file("\(host).key"))
    }

    /// Both in one file, which stays as it is.
    func copy(_ files: Files) throws -> String {
        let text = try [files.certificate, files.key].map {
            try String(contentsOfFile: $0, encoding: .utf8)
        }
        return try folder.write(text.joined(), to: "copy-\(UUID().uuidString).pem")
    }

    private func run(_ command: String) async throws {
        try await Command.output(["env", "-C", folder.path, "sh", "-ec", command])
    }

    /// Has servers take its certificates.
    func open(_ servers: [OTPServer]) async throws {
        for server in servers {
            let file = "\(server.folder)/site.pem"
            try await Command.output(["install", "-m", "600", folder.file("ca.pem"), file])
            try await server.set("host_authority", file)
            try await server.set("san_dns", ".example.com")
            try await server.stop()
            try await server.start()
        }
    }
}

extension Host {
    /// Joins the fleet of two servers with a certificate of the site's and no right, and starts the
    /// agent.
    func join(_ fleet: [OTPServer], showing files: Site.Files) async throws {
        killAgent()
        let token = try await invite(by: fleet[0], rights: "", ["--site-certificate"])
        try await join("https://otp1,https://otp2", token: token, files.options)
        try await startAgent()
        try await awaitServers(2)
    }

    /// When the certificate ends that the agent has, in Unix seconds.
    func certificateEnd() async throws -> Int {
        struct State: Decodable { let certificateEnds: Int }
        let said = try await Command.run(
            machine.words + [OTPServer.program("swiftotp-agent"), "status", "--json"])
        return try JSONDecoder().decode(State.self, from: Data(said.output.utf8)).certificateEnds
    }
}
