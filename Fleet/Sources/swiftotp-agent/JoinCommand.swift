import FleetNetwork

/// `swiftotp-agent join`
enum JoinCommand {
    static func run(_ arguments: Program.Arguments) -> CInt {
        guard let list = arguments.servers else { return Program.wrong("join needs a server") }
        guard let text = arguments.token else { return Program.wrong("join needs --token") }
        guard let token = InviteToken(text) else {
            return Program.fail(
                "the token is mistyped: it is ten groups of eight letters and digits")
        }
        do throws(FleetProblem) {
            let servers = try ServerURL.list(list)
            let path = arguments.credentials
            guard arguments.isAgain || !PrivateFile.exists(path) else {
                throw FleetProblem(
                    "this host is in a fleet: \(path) exists; --again joins and replaces it")
            }
            // Before the invite is spent.
            try PrivateFile.prepare(folder: arguments.folder)
            let site = try siteCertificate(arguments)
            let joined = Blocking.run {
                do throws(FleetProblem) {
                    return Result<_, FleetProblem>.success(
                        try await FleetJoin.join(servers, with: token, showing: site))
                } catch {
                    return .failure(error)
                }
            }
            guard let joined else { throw FleetProblem("the system has no room for it") }
            let credentials = try joined.get()
            try PrivateFile.write(credentials.text, at: path)
            // Of an earlier time in a fleet; a server gives another.
            PrivateFile.remove(arguments.offlineKey)
            print(
                "This host is \(credentials.identity.host) in the fleet \(credentials.trust.fleet)."
            )
            return 0
        } catch {
            return Program.fail(error.text)
        }
    }

    /// What the site has made for this host; `nil` if the fleet is to make it. The agent, whose
    /// folder it is, must be able to read the key later.
    private static func siteCertificate(
        _ arguments: Program.Arguments
    ) throws(FleetProblem) -> SiteCertificate? {
        guard let certificate = arguments.certificate, let key = arguments.key else {
            guard arguments.certificate == nil, arguments.key == nil else {
                throw FleetProblem("--certificate and --key are needed together")
            }
            return nil
        }
        return try SiteCertificate(
            SiteFiles(certificate: certificate, key: key),
            for: PrivateFile.owner(of: arguments.folder))
    }
}
