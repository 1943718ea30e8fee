/// The issuer that apps show for a code.
public enum Issuer {
    /// The admin's `issuer`, or this machine's name.
    public static func of(_ options: Options, on host: [UInt8]) -> [UInt8] {
        if let issuer = options.issuer { return issuer }
        return host.isEmpty ? [UInt8]("localhost" as StaticString) : KeyLabel.part(of: host)
    }

    /// Whether a machine's name is a common default of new installations, so that it does not
    /// identify the machine.
    public static func isCommon(_ host: [UInt8]) -> Bool {
        let labels = String(decoding: host, as: UTF8.self).lowercased()
            .split(separator: ".", omittingEmptySubsequences: false)
        guard let name = labels.first, common.contains(String(name)) else { return false }
        return labels.count == 1 || nowhere.contains(String(labels[1]))
    }

    /// Domains that do not belong to this machine alone either.
    private static let nowhere = [
        "", "localdomain", "localdomain4", "localdomain6", "local", "lan",
    ]

    private static let common = [
        "localhost", "localhost4", "localhost6", "(none)", "raspberrypi", "debian", "ubuntu",
        "fedora", "centos", "rocky", "alma", "almalinux", "rhel", "opensuse", "suse", "arch",
        "archlinux", "archiso", "alpine", "kali", "raspbian", "dietpi", "armbian", "linux", "mint",
        "nixos", "pop-os", "devuan", "server", "host", "hostname", "computer", "machine", "unknown",
    ]
}
