/// The real ssh at a terminal, knowing nothing but one server.
public enum SSHClient {
    /// Starts a login that runs a command; every question is asked on the terminal given back.
    public static func login(
        _ user: String, on server: SSHServer, key: Bool, command: String,
        environment: [String: String] = [:]
    ) throws -> Terminal {
        let identity =
            key
            ? ["-o", "IdentitiesOnly=yes", "-i", server.userKey]
            : ["-o", "PubkeyAuthentication=no"]
        return try Terminal(
            [
                "ssh", "-F", "none", "-o", "UserKnownHostsFile=\(server.knownHosts)",
                "-o", "GlobalKnownHostsFile=/dev/null", "-o", "StrictHostKeyChecking=yes",
                // One login is one try here: a refusal is a refusal.
                "-o", "NumberOfPasswordPrompts=1",
                "-o", "PreferredAuthentications=publickey,keyboard-interactive",
            ] + identity + ["-p", String(server.port), "-l", user, "127.0.0.1", command],
            environment: environment)
    }
}
