import OTPCore

/// The networks from which an ssh login needs no code, and what they open.
enum NetworkCheck {
    static let name = "networks"

    /// What is worth knowing about them; `nil` if there are none, or if the check is about another
    /// service.
    static func look(_ service: String, _ options: Options) -> Look? {
        guard SSHDaemon.serves(service), let networks = options.exemptNetworks else { return nil }
        let names = networks.map { String(decoding: $0.text, as: UTF8.self) }
        var findings = [
            Finding(
                .note,
                "logins by ssh from there need no code, of whoever has the password or the key:"
                    + " an address proves nothing. If a proxy, a jump host or a router there"
                    + " passes logins on under its own address, that is everybody")
        ]
        for (network, name) in zip(networks, names) {
            if network.hasLoopback {
                findings.append(
                    Finding(
                        .warning,
                        "\(name) is this machine: from there comes whatever a program on it, a"
                            + " tunnel (ssh -R) or a proxy passes on to sshd"))
            }
            if network.isHuge {
                findings.append(
                    Finding(.warning, "\(name) is a large part of all addresses there are"))
            }
        }
        return Look(name, "exempt_networks: " + Names.some(names), findings)
    }
}
