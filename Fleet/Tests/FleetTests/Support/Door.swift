import Foundation
import TestSupport

/// An sshd on a host, with a PAM service of its own, and ssh on the same host.
final class Door: Sendable {
    let host: Host
    private let port: Int
    private let folder: Scratch
    private let sshd: Daemon

    /// The key that every door has, and the one that lets everybody in where keys do.
    private static let keys = Task {
        let scratch = try Scratch()
        for key in ["host_key", "user_key"] {
            try await Command.output([
                "ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", scratch.file(key),
            ])
        }
        return scratch
    }

    /// Starts an sshd whose service has these lines; `module` stands for ours, `SERVICE` for the
    /// service's name.
    init(
        at host: Host, _ lines: [String] = ["auth required module"],
        methods: String = "keyboard-interactive:pam", service: String? = nil
    ) async throws {
        self.host = host
        let keys = try await Door.keys.value
        folder = try Scratch()
        // sshd's service is called as it is called itself.
        let number = host.newNumber()
        let name = service ?? "sshd-\(number)"
        let program = folder.file(name)
        guard symlink("/usr/sbin/sshd", program) == 0 else { throw Trouble("no \(program)") }
        try host.service(lines.map { $0.replacing("SERVICE", with: name) }, named: name)
        port = 2000 + number
        let settings = [
            "ListenAddress 0.0.0.0:\(port)", "HostKey \(keys.file("host_key"))", "PidFile none",
            "UsePAM yes", "AuthenticationMethods \(methods)", "KbdInteractiveAuthentication yes",
            "PasswordAuthentication no", "AuthorizedKeysFile \(keys.file("user_key")).pub",
            "PrintMotd no", "PrintLastLog no", "PermitRootLogin yes",
        ]
        let all = try await settings + SSHServer.forManyCallers()
        let file = try folder.write(all.joined(separator: "\n") + "\n", to: "sshd_config")
        let publicKey = try String(contentsOfFile: keys.file("host_key.pub"), encoding: .utf8)
        try folder.write("host \(publicKey)", to: "known_hosts")
        sshd = try Daemon(
            host.machine.words + [program, "-D", "-e", "-f", file], log: folder.file("log"))
        let sshd = sshd
        try await sshd.wait(for: "sshd") { sshd.said.contains("Server listening") }
        self.keys = keys
    }

    /// One that wants a key and a code, and offers to trust the key.
    static func trusting(at host: Host) async throws -> Door {
        try await Door(
            at: host, ["auth required module trust=key"],
            methods: "publickey,keyboard-interactive:pam")
    }

    private let keys: Scratch

    deinit { sshd.child.signal(SIGKILL) }

    /// Starts a login.
    func start(_ user: String, key: String? = nil) throws -> Terminal {
        let identity =
            key.map { ["-o", "IdentitiesOnly=yes", "-i", $0] }
            ?? ["-o", "PubkeyAuthentication=no"]
        return try Terminal(
            host.machine.words + [
                "ssh", "-F", "none", "-o", "UserKnownHostsFile=\(folder.file("known_hosts"))",
                "-o", "HostKeyAlias=host", "-o", "StrictHostKeyChecking=yes", "-o",
                "GlobalKnownHostsFile=/dev/null", "-o", "NumberOfPasswordPrompts=1", "-o",
                "PreferredAuthentications=publickey,keyboard-interactive",
            ] + identity + [
                "-p", "\(port)", "-l", user, "127.0.0.1", "echo inside:$(id -un)@$(hostname).",
            ])
    }

    /// The key that is accepted where `methods` ask for one.
    var userKey: String { keys.file("user_key") }

    /// Logs in with the key and a code, and has the key trusted, under this name or the one that is
    /// proposed. Returns what was shown.
    @discardableResult
    func trustKey(
        of user: String, _ code: String, as name: String = ""
    ) async throws -> String {
        let terminal = try start(user, key: userKey)
        try await terminal.expect(Door.question)
        try await terminal.type(code)
        // Its lines end where names do not fit.
        try await terminal.expect("when you log in with it? ")
        try await terminal.expect(": ")
        try await terminal.type(name.isEmpty ? "y" : "y \(name)")
        try await terminal.expect("inside:\(user)@\(host.name).")
        return await terminal.transcript
    }

    /// How a login went.
    struct Outcome: Sendable {
        let isAsked: Bool
        let isIn: Bool
        let shown: String
    }

    static let question = "Verification code: "
    static let refused = "That code was not accepted."
    static let used = "That code was already used. Wait for the next one."
    static let unchecked = "cannot be checked"

    /// Logs in with an answer.
    func login(
        _ user: String, _ answer: String, key: String? = nil, question: String = Door.question
    ) async throws -> Outcome {
        let terminal = try start(user, key: key)
        let ends = ["inside:\(user)@\(host.name).", "Permission denied"]
        var met = try await terminal.expectAny(ends + [question])
        let isAsked = met == 2
        if isAsked {
            try await terminal.type(answer)
            met = try await terminal.expectAny(ends)
        }
        return Outcome(isAsked: isAsked, isIn: met == 0, shown: await terminal.transcript)
    }
}
