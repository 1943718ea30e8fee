import ArgumentParser
import FleetNetwork
import FleetStore
import OTPCore

/// `swiftotp-server invite`
struct Invite: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Let a new host join: print a token for it.",
        discussion: """
            The token is good once, for ten minutes, for a host of this name alone. Rights:

                enroll   users may enroll there: the host learns their keys
                admin    people with a role may act on others there
                import   the host's root may bring in local records

            At a host without rights users have codes checked, and manage what they have.

            With --site-certificate the host joins with a certificate of the site's own authority \
            (`host_authority` in server.conf), and with no other.
            """)

    @OptionGroup var folder: FolderOption
    @Argument(help: "The host's name: a-z, 0-9, hyphens and dots.")
    var host: String
    @Option(help: "Rights, separated by commas: enroll, admin, import.")
    var rights = ""
    @Option(help: "Which users it asks about. Hosts whose users are other people need another one.")
    var realm = "main"
    @Flag(help: "The host has a certificate of the site's own authority.")
    var siteCertificate = false

    /// How long a token is good, in seconds.
    private static let lifetime: UInt64 = 600

    func run() throws {
        let folder = try folder.open()
        guard FleetName(host) != nil else {
            throw FleetProblem("\"\(host)\" cannot be a host's name: \(FleetName.rule)")
        }
        guard FleetName(realm) != nil else {
            throw FleetProblem("\"\(realm)\" cannot be a realm: \(FleetName.rule)")
        }
        let rights = try Invite.rights(self.rights)
        try checkSite(in: folder)
        let token = InviteToken(of: folder.authority.trust)
        let act = try folder.act()
        try folder.database().makeInvite(
            FleetStore.Invite(
                host: host, realm: realm, rights: rights, ends: act.time + Invite.lifetime,
                isSite: siteCertificate),
            hash: token.secretHash, by: act)
        let port = folder.configuration.port
        let servers = folder.configuration.names.prefix(1)
            .map { port == ServerURL.defaultPort ? "https://\($0)" : "https://\($0):\(port)" }
            .joined(separator: ",")
        let files = siteCertificate ? " --certificate FILE --key FILE" : ""
        print(
            """
            On \(host), as root, within ten minutes (name all servers, separated by commas):

                swiftotp-agent join \(servers) --token \(token.text)\(files)
            """)
    }

    /// Throws if the site's authority is asked for, and could not name the host.
    private func checkSite(in folder: ServerFolder) throws(FleetProblem) {
        guard siteCertificate else { return }
        guard try folder.siteAuthority() != nil else {
            throw FleetProblem("server.conf names no authority of the site (`host_authority`)")
        }
        guard !host.contains(".") else {
            throw FleetProblem("a host with a certificate of the site's has a name without dots")
        }
    }

    /// The rights of a list that was typed.
    static func rights(_ text: String) throws(FleetProblem) -> Set<String> {
        let rights = Set(text.split(separator: ",").map(String.init))
        guard rights.isSubset(of: HostRow.allRights) else {
            throw FleetProblem("the rights are enroll, admin and import")
        }
        return rights
    }
}
