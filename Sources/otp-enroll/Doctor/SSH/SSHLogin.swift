import OTPCore

/// Somebody who may come to sshd, and all that it may ask about them.
struct SSHUser {
    let name: String
    let uid: UInt32
    /// The names of the groups that matter here.
    let groups: Set<String>
    /// Whether the group of `exempt_group` is among all of them.
    let isExempt: Bool
    /// Whether there is something to log in with; `nil` where nobody can tell.
    let isEnrolled: Bool?

    var isRoot: Bool { uid == 0 }
}

/// Where somebody comes from, and to which door.
struct SSHPlace {
    /// The client's address, and its name as sshd has it.
    let address: String, host: String
    /// What it has connected to.
    let localAddress: String, localPort: String, domain: String
    /// What is said of it, in the order of `SSHPlaces.Aspect`; empty for anything usual.
    let labels: [String]
    /// The numbers of the samples that it is made of, in the same order.
    let numbers: [Int]
    /// Whether logins from there need no code, by `exempt_networks`.
    let isExempt: Bool

    /// The words behind `sshd -T -C` for a user.
    func specification(user: String) -> String {
        "user=\(user),host=\(host),addr=\(address),laddr=\(localAddress),lport=\(localPort)"
            + ",rdomain=\(domain)"
    }
}

/// A login by ssh, as sshd sees it before anybody is proven.
struct SSHLogin {
    let user: SSHUser
    let place: SSHPlace
}
