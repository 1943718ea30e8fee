/// The real ssh at a terminal, which knows only one server.
public enum SSHClient {
    /// The options for connecting from one address of a network to a server on another one.
    public static func options(
        from source: String, to address: String, of server: SSHServer
    ) -> [String] {
        [
            "HostName=\(address)", "Port=22", "BindAddress=\(source)",
            "HostKeyAlias=[127.0.0.1]:\(server.port)",
        ].flatMap { ["-o", $0] }
    }

    /// Starts a login that runs a command; every question is asked on the returned terminal.
    public static func login(
        _ user: String, on server: SSHServer, key: Bool, command: String,
        environment: [String: String] = [:]
    ) throws -> Terminal {
        let words = words(
            user, on: server, identity: key ? server.userKey : nil, command: command)
        return try Terminal(words, environment: environment)
    }

    /// The words that start it, with this key file or none. `options` of ssh_config override the
    /// settings here.
    public static func words(
        _ user: String, on server: SSHServer, identity: String?, command: String,
        options: [String] = []
    ) -> [String] {
        let key =
            identity.map { ["-o", "IdentitiesOnly=yes", "-i", $0] }
            ?? ["-o", "PubkeyAuthentication=no"]
        return ["ssh", "-F", "none"] + options + [
            "-o", "UserKnownHostsFile=\(server.knownHosts)",
            "-o", "GlobalKnownHostsFile=/dev/null", "-o", "StrictHostKeyChecking=yes",
            // One login is one try here: a refusal is final.
            "-o", "NumberOfPasswordPrompts=1",
            "-o", "PreferredAuthentications=publickey,keyboard-interactive",
        ] + key + ["-p", String(server.port), "-l", user, "127.0.0.1", command]
    }
}
