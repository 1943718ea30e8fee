import Foundation
import TestSupport
import Testing

/// The page's bastion: its image, its volumes, and a folder with its users.
struct Bastion: Sendable {
    static let store = "bastion-store", key = "bastion-key", host = "bastion-host"
    static let users = "/srv/bastion"

    let image: ContainerImage
    let options: PodmanRun
    let scratch: Scratch
    /// The ssh key that everybody uses.
    private let identity: String
    private var knownHosts: String { scratch.file("known_hosts") }

    /// Makes a bastion as the page says, with one user who has a token.
    init(alice phone: Phone) async throws {
        image = try await ContainerImage.shared()
        options = try PodmanRun()
        scratch = try Scratch()
        identity = scratch.file("identity")
        try await Command.output(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", identity])
        _ = try scratch.folder("users", mode: 0o755)
        try write(RecipePage.block("A bastion in a container", after: "`/srv/bastion/users`"))
        try admit("alice", phone)
        let container = try start("init")
        let status = try await container.finish()
        guard status == 0 else { throw Trouble(await container.terminal.transcript) }
        let key = try String(
            contentsOfFile: folder(Self.host) + "/ssh_host_ed25519_key.pub", encoding: .utf8)
        try scratch.write("[127.0.0.1]:\(image.port) \(key)", to: "known_hosts")
    }

    /// A token with a key of its own.
    static func token() throws -> Phone {
        let symbols = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567")
        let secret = String((0..<32).map { _ in symbols.randomElement() ?? "A" })
        return try Phone(scanning: "otpauth://totp/bastion:token?secret=\(secret)")
    }

    // MARK: The admin's files

    /// The folder on this machine that holds a volume.
    func folder(_ volume: String) -> String {
        scratch.file(volume == Self.users ? "users" : volume)
    }

    /// The folders of all volumes except these.
    func volumes(without missing: [String] = []) -> [String: String] {
        let names = options.volumes.map(\.name).filter { !missing.contains($0) }
        return Dictionary(uniqueKeysWithValues: names.map { ($0, folder($0)) })
    }

    /// Writes the list of users.
    func write(_ lines: [String]) throws {
        try scratch.write(lines.joined(separator: "\n") + "\n", to: "users/users", mode: 0o644)
    }

    /// Installs the key of a user, and that of the user's token.
    func admit(_ name: String, _ phone: Phone? = nil) throws {
        let key = try String(contentsOfFile: identity + ".pub", encoding: .utf8)
        try scratch.write(key, to: "users/\(name).pub", mode: 0o644)
        if let phone { try scratch.write(phone.secret + "\n", to: "users/\(name).totp") }
    }

    /// Starts a container.
    func start(_ arguments: String..., volumes: [String: String]? = nil) throws -> BastionContainer
    {
        try BastionContainer(
            image, options, volumes: volumes ?? self.volumes(), arguments: arguments)
    }

    /// Starts a container that accepts logins.
    func serve() async throws -> BastionContainer {
        let container = try start()
        try await container.listening()
        return container
    }

    // MARK: Logins

    /// Logs in with key and code, and returns whether that was enough. `words` are expected in the
    /// log.
    func login(
        _ name: String = "alice", code: String, on container: BastionContainer, logged words: String
    ) async throws -> Bool {
        let client = try container.client(name, key: identity, knownHosts: knownHosts)
        try await client.expect("Verification code")
        try await client.type(code)
        let met = try await client.expectAny(["inside:\(name).", "ermission denied"])
        try await container.terminal.expect(words)
        return met == 0
    }

    /// Tries a key that the bastion does not know, or a name that it does not.
    func refusal(_ name: String, on container: BastionContainer) async throws -> String {
        let client = try container.client(name, key: identity, knownHosts: knownHosts)
        try await client.expect("ermission denied")
        return await client.transcript
    }
}
