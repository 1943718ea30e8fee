import Foundation

/// The real sshd on a loopback port, with its own host key, configuration and policy.
public final class SSHServer: Sendable {
    public let port: UInt16
    /// A key that lets every user in, as far as `methods` accept a public key.
    public let userKey: String
    public let knownHosts: String
    private let scratch: Scratch
    private let policy: Policy
    private let sshd: Terminal
    private let network: Network?

    /// Starts sshd and waits until it answers. `methods` is the value of AuthenticationMethods, and
    /// `around` are words before the program, such as `faketime -f +2d`. In a network of its own it
    /// also listens on port 22 of every address.
    public init(
        methods: String, policy: Policy, settings: [String] = [], around: [String] = [],
        in network: Network? = nil
    ) async throws {
        self.network = network
        try Build.requireGround()
        self.policy = policy
        scratch = try Scratch()
        port = try Port.free()
        let hostKey = scratch.file("host_key")
        userKey = scratch.file("user_key")
        knownHosts = scratch.file("known_hosts")
        for key in [hostKey, userKey] {
            try await Command.output(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key])
        }
        let publicKey = try String(contentsOfFile: hostKey + ".pub", encoding: .utf8)
        try scratch.write("[127.0.0.1]:\(port) \(publicKey)", to: "known_hosts")
        let lines =
            [
                "ListenAddress 127.0.0.1:\(port)", "HostKey \(hostKey)", "PidFile none",
                "UsePAM yes", "AuthenticationMethods \(methods)",
                "KbdInteractiveAuthentication yes", "PasswordAuthentication no",
                "AuthorizedKeysFile \(userKey).pub", "PrintMotd no", "PrintLastLog no",
            ] + (network == nil ? [] : ["ListenAddress ::"])
        let all = try await lines + Self.forManyCallers() + settings
        let config = try scratch.write(all.joined(separator: "\n") + "\n", to: "sshd_config")
        let words = (network?.words ?? []) + around + ["/usr/sbin/sshd", "-D", "-e", "-f", config]
        sshd = try Terminal(policy.running(words))
        try await listening()
    }

    /// Settings for many callers from one address, most of whom are refused. From 9.8 on sshd would
    /// block that address for a while.
    public static func forManyCallers() async throws -> [String] {
        let penalties = "PerSourcePenalties no"
        return ["MaxStartups 1000"] + (try await knows(penalties) ? [penalties] : [])
    }

    /// Whether this machine's sshd has a setting that not every version has.
    public static func knows(_ setting: String) async throws -> Bool {
        // -G is older than any of those.
        let words = ["/usr/sbin/sshd", "-G", "-f", "/dev/null", "-o", setting]
        return try await Command.run(words).status == 0
    }

    private func listening() async throws {
        if network != nil { return try await sshd.expect("Server listening on 127.0.0.1") }
        let port = port, child = sshd.child
        let up = try await patiently("sshd to listen") { () -> Bool? in
            if child.status != nil { return false }
            return try Port.answers(port) ? true : nil
        }
        if !up { throw Trouble("sshd did not start: \(await sshd.transcript)") }
    }

    /// sshd's standard error so far.
    public var said: String {
        get async { await sshd.transcript }
    }

    deinit { sshd.child.signal(SIGTERM) }
}
