import FleetNetwork

/// `swiftotp-agent leave`
enum LeaveCommand {
    static func run(_ arguments: Program.Arguments) -> CInt {
        guard PrivateFile.exists(arguments.credentials) else {
            return Program.fail("this host is in no fleet: \(arguments.credentials) is missing")
        }
        guard arguments.isSure else {
            return Program.fail(
                "this removes the host's key; set `fleet = no` in swiftotp.conf, and add --yes")
        }
        let text = (try? PrivateFile.read(arguments.credentials)) ?? ""
        let files = try? HostCredentials.files(in: text)
        // The ledger stays: should the host come back, no number begins again.
        for path in [
            arguments.credentials, arguments.offlineKey, "\(arguments.state)/receipt",
            "\(arguments.state)/recent",
        ] {
            PrivateFile.remove(path)
            guard !PrivateFile.exists(path) else {
                return Program.fail("\(path) cannot be removed")
            }
        }
        print(
            files.map { "This host is in no fleet. Its key stays the site's: \($0.key)" }
                ?? "The key of this host is removed.")
        return 0
    }
}
