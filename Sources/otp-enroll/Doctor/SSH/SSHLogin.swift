import OTPCore

/// A user who may log in by ssh, and everything that sshd may test about them.
struct SSHUser {
    let name: String
    let uid: UInt32
    /// The names of their relevant groups.
    let groups: Set<String>
    /// Whether `exempt_group` is among all of their groups.
    let isExempt: Bool
    /// Whether there is something to log in with; `nil` if unknown.
    let isEnrolled: Bool?

    var isRoot: Bool { uid == 0 }
}

/// Where a login comes from, and where it connects to.
struct SSHPlace {
    /// The client's address, and its host name as sshd sees it.
    let address: String, host: String
    /// What it connects to.
    let localAddress: String, localPort: String, domain: String
    /// Descriptions, in the order of `SSHPlaces.Aspect`; empty for anything usual.
    let labels: [String]
    /// The indices of the samples that it combines, in the same order.
    let numbers: [Int]
    /// Whether logins from there need no code, by `exempt_networks`.
    let isExempt: Bool

    /// The argument of `sshd -T -C` for a user.
    func specification(user: String) -> String {
        "user=\(user),host=\(host),addr=\(address),laddr=\(localAddress),lport=\(localPort)"
            + ",rdomain=\(domain)"
    }
}

/// A login by ssh, as sshd sees it before authentication.
struct SSHLogin {
    let user: SSHUser
    let place: SSHPlace
}
