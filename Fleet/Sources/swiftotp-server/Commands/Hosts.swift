import ArgumentParser
import FleetNetwork
import FleetStore
import OTPCore

/// `swiftotp-server hosts`
struct Hosts: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "List the hosts, or revoke or release one, or change its rights.",
        discussion: """
            A host that lost a right has it for five seconds more. To take `import` away:

                swiftotp-server hosts web1 --rights enroll
            """)

    @OptionGroup var folder: FolderOption
    @Argument(help: "Only this host.")
    var host: String?
    @Option(help: "Give the host these rights, and no others: enroll, admin, import, or none.")
    var rights: String?
    @Option(help: "End a host's access, within five seconds.")
    var revoke: String?
    @Option(help: "Give a host all its failures back, and end its quarantine.")
    var release: String?

    func validate() throws {
        let named = [rights, revoke, release].filter { $0 != nil }
        guard named.count <= 1, rights == nil || host != nil,
            host == nil || (revoke == nil && release == nil)
        else {
            throw ValidationError(
                "Use HOST --rights RIGHTS, --revoke HOST, or --release HOST.")
        }
    }

    func run() throws {
        let folder = try folder.open()
        let database = try folder.database()
        if let host, let rights {
            let new = rights == "none" ? [] : try Invite.rights(rights)
            guard try database.setRights(new, ofHost: host, by: folder.act()) else {
                throw Hosts.unknown(host)
            }
            print(
                new.isEmpty
                    ? "\(host) has no rights."
                    : "\(host) has the rights \(new.sorted().joined(separator: ",")).")
            return
        }
        if let revoke {
            guard try database.revoke(host: revoke, by: folder.act()) else {
                throw Hosts.unknown(revoke)
            }
            print("\(revoke) is revoked.")
            return
        }
        if let release {
            guard try database.release(host: release, by: folder.act()) else {
                throw Hosts.unknown(release)
            }
            print("\(release) is released.")
            return
        }
        let hosts = try database.hosts().filter { host == nil || $0.name == host }
        if let host, hosts.isEmpty { throw Hosts.unknown(host) }
        Hosts.show(hosts, at: try folder.act().time)
    }

    private static func unknown(_ host: String) -> FleetProblem {
        FleetProblem("there is no host \"\(host)\"")
    }

    private static func show(_ hosts: [HostRow], at now: UInt64) {
        var rows = [["HOST", "REALM", "RIGHTS", "LAST SEEN", "STATE"]]
        for host in hosts {
            rows.append([
                host.name, host.realm, host.rights.sorted().joined(separator: ","),
                host.lastSeen.map(Table.time) ?? "never", state(of: host, at: now),
            ])
        }
        Table.show(rows)
    }

    private static func state(of host: HostRow, at now: UInt64) -> String {
        if host.isChanged { return "refused: changed in the database" }
        if host.revoked != nil { return "revoked" }
        let left = host.failuresLeft(at: now)
        let state = left == 0 ? "in quarantine" : "\(left) failures left"
        let used = host.quarantined.map { ", used up on \(Table.time($0))" } ?? ""
        return state + used + (host.site == nil ? "" : ", certificate of the site's")
    }
}
