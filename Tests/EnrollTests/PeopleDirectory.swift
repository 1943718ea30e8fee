import Foundation
import TestSupport

/// Users who are in no file of this machine: a real slapd on loopback, and a real nslcd that
/// queries it for the C library, and lists nobody.
final class PeopleDirectory: Sendable {
    private static let one = Task { try await PeopleDirectory() }

    /// One for all tests, since there is one machine.
    static func shared() async throws { _ = try await one.value }

    private let scratch: Scratch
    private let processes: [Child]

    /// By name: the UID and the shell.
    private static let people = [
        ("carol", 1_200_000_001, "/bin/sh"), ("dave", 1_200_000_002, "/bin/sh"),
        ("erin", 1_200_000_003, "/bin/sh"), ("frank", 1_200_000_004, "/bin/sh"),
        ("grace", 1_200_000_005, "/usr/sbin/nologin"),
    ]

    private init() async throws {
        try Build.requireGround()
        scratch = try Scratch()
        let port = try Port.free()
        let base = scratch.path
        _ = try scratch.folder("data")
        try scratch.write(
            """
            include /etc/ldap/schema/core.schema
            include /etc/ldap/schema/cosine.schema
            include /etc/ldap/schema/nis.schema
            modulepath /usr/lib/ldap
            moduleload back_mdb
            pidfile \(base)/slapd.pid
            database mdb
            suffix "dc=example"
            directory \(base)/data

            """, to: "slapd.conf")
        try scratch.write(Self.entries, to: "entries.ldif")
        try scratch.write(
            "uri ldap://127.0.0.1:\(port)\nbase dc=example\nnss_disable_enumeration yes\n",
            to: "nslcd.conf")
        let configuration = ["-f", scratch.file("slapd.conf")]
        try await Command.output(
            ["slapadd", "-q", "-l", scratch.file("entries.ldif")] + configuration)
        mkdir("/run/nslcd", 0o755)
        let quiet = open("/dev/null", O_RDWR | O_CLOEXEC)
        defer { close(quiet) }
        let slapd = try Child(
            ["/usr/sbin/slapd", "-d", "0", "-h", "ldap://127.0.0.1:\(port)"] + configuration,
            streams: .descriptors(quiet, quiet, quiet))
        _ = try await patiently("slapd to listen") { try Port.answers(port) ? true : nil }
        let script = "mount --bind \(base)/nslcd.conf /etc/nslcd.conf && exec /usr/sbin/nslcd -n"
        let nslcd = try Child(
            ["unshare", "--mount", "sh", "-c", script],
            streams: .descriptors(quiet, quiet, quiet))
        _ = try await patiently("nslcd to listen") {
            try Port.answers("/run/nslcd/socket") ? true : nil
        }
        processes = [slapd, nslcd]
    }

    deinit { processes.forEach { $0.signal(SIGKILL) } }

    /// All have the same primary group, which has no member list; another group lists three of
    /// them.
    private static var entries: String {
        let people = people.map { name, number, shell in
            """
            dn: uid=\(name),dc=example
            objectClass: account
            objectClass: posixAccount
            uid: \(name)
            cn: \(name)
            uidNumber: \(number)
            gidNumber: 1200000500
            homeDirectory: /srv/homes/\(name)
            loginShell: \(shell)


            """
        }
        return """
            dn: dc=example
            objectClass: domain
            dc: example

            \(people.joined())dn: cn=domain-users,dc=example
            objectClass: posixGroup
            cn: domain-users
            gidNumber: 1200000500

            dn: cn=engineers,dc=example
            objectClass: posixGroup
            cn: engineers
            gidNumber: 1200000600
            memberUid: carol
            memberUid: erin
            memberUid: grace

            """
    }
}

extension DoctorPatient {
    /// Makes this machine ask another source for users, and perhaps for groups.
    func ask(_ source: String) throws {
        try change("/etc/nsswitch.conf") { text in
            let others = text.split(separator: "\n").filter { !$0.contains(#/^(passwd|group):/#) }
            return others.joined(separator: "\n")
                + "\npasswd: files systemd [NOTFOUND=continue] \(source) # people\n"
                + "group: files \(source)\n"
        }
    }

    /// The users in `list` other than root, alice and bob, and its other output.
    func list(
        _ arguments: String..., around: [String] = []
    ) async throws -> (names: Set<String>, errors: String) {
        let done = try await Command.run(
            running(around + [try Build.product("otp-enroll"), "list", "--json"] + arguments))
        let told = try JSONSerialization.jsonObject(with: Data(done.output.utf8))
        let users = (told as? [String: Any])?["users"] as? [[String: Any]] ?? []
        let names = Set(users.map { $0["user"] as? String ?? "(nobody)" })
        return (names.subtracting(["root", "alice", "bob"]), done.errors)
    }
}
