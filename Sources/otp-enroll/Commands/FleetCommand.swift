import ArgumentParser
import OTPCore
import OTPStore
import OTPSystem
import OTPWire

/// `otp-enroll fleet`: this host as one of many.
struct FleetCommand: ParsableCommand {
    /// What to do.
    enum Action: String, CaseIterable, ExpressibleByArgument {
        case join, status, `import`, leave
    }

    static let configuration = CommandConfiguration(
        commandName: "fleet", _superCommandName: OTPEnroll.name,
        abstract: "Join a fleet of hosts, bring the local records there, or leave it (as root).",
        usage: """
            otp-enroll fleet join <servers> --token <token> [<options>]
            otp-enroll fleet status [<options>]
            otp-enroll fleet import [--dry-run] [--add] [<options>]
            otp-enroll fleet leave [--yes] [<options>]
            """,
        discussion: """
              otp-enroll fleet join https://otp1,https://otp2 --token TOKEN
              otp-enroll fleet status            which servers are reached
              otp-enroll fleet import --dry-run  what would become of the records
              otp-enroll fleet import            send the records to the fleet
              otp-enroll fleet leave             remove this host's key

            Joining changes no login: that is for `fleet = yes` in the configuration, once the records \
            are in the fleet. Nothing here is changed by sending them. Codes and backup codes that were \
            used stay used. Whoever is in the fleet already, from another host, keeps that: --add puts \
            the devices of this host beside it. The host's invite needs the right `import`.

            The local records stay as they are, for root, for `local_users`, and for the day on which \
            the host leaves. After that they count again, as they were: what was used in the fleet \
            meanwhile is not known here, so make new backup codes.

            Exit status of import: 0 everybody's devices are in the fleet; 1 somebody's are not.
            """)

    @Argument(help: "What to do.")
    var action: Action
    @Argument(
        help: ArgumentHelp(
            "With join: https://NAME[:PORT] of the servers, separated by commas.",
            valueName: "servers"))
    var servers: String?
    @Option(
        help: ArgumentHelp(
            "With join: what `swiftotp-server invite` printed.", valueName: "token"))
    var token: String?
    @Option(
        help: ArgumentHelp(
            "With join: this host's certificate of the site's own authority.", valueName: "file"),
        completion: .file())
    var certificate: String?
    @Option(
        help: ArgumentHelp("With join: the key of that certificate.", valueName: "file"),
        completion: .file())
    var key: String?
    @Flag(help: "With join: although the host is in a fleet; its key is replaced.")
    var again = false
    @Flag(help: "With import: only say what would happen.")
    var dryRun = false
    @Flag(help: "With import: put devices beside those that users have in the fleet already.")
    var add = false
    @Flag(help: "With leave: do not ask.")
    var yes = false

    @OptionGroup var global: GlobalOptions

    func validate() throws {
        guard (action == .join) == (servers != nil), (action == .join) == (token != nil) else {
            throw ValidationError(
                action == .join
                    ? "join needs the servers and --token" : "only join takes servers or --token")
        }
        guard action == .join || (certificate == nil && key == nil) else {
            throw ValidationError("only join takes --certificate or --key")
        }
        guard action == .join || !again, action == .import || !(dryRun || add),
            action == .leave || !yes
        else { throw ValidationError("\(action.rawValue) does not take that option") }
    }

    func run() throws {
        switch action {
        case .join:
            var words = ["join", servers ?? "", "--token", token ?? ""]
            if let certificate { words += ["--certificate", certificate] }
            if let key { words += ["--key", key] }
            try AgentProgram.run(words + (again ? ["--again"] : []))
            try Output.line("Logins are as before, until the configuration has `fleet = yes`.")
        case .status:
            try Output.line(
                try isInUse
                    ? "Logins of the users of `fleet_users` ask the fleet."
                    : "No login asks the fleet: the configuration does not have `fleet = yes`.")
            try AgentProgram.run(["status"])
        case .import: try FleetImport(adds: add, rehearses: dryRun, global).run()
        case .leave: try leave()
        }
    }

    private func leave() throws {
        guard try !isInUse else {
            throw Failure(
                "logins still ask the fleet", hints: ["set `fleet = no` in the configuration first"]
            )
        }
        guard yes || Terminal.agrees("Remove this host's key?") else {
            throw Failure("nothing was changed")
        }
        try AgentProgram.run(["leave", "--yes"])
        try Output.line(
            """
            Now run `systemctl disable --now swiftotp-agent.socket swiftotp-agent.service` here,
            and on a server `swiftotp-server hosts --revoke` with this host's name.
            """)
    }

    /// Whether logins ask the fleet.
    private var isInUse: Bool {
        get throws {
            let words = global.config.map { [Array("conf=\($0)".utf8)] } ?? []
            do throws(StoreError) {
                return try ConfigurationFile.options(words).fleet
            } catch {
                throw Failure(error)
            }
        }
    }
}

/// The agent's program, which has commands of its own.
enum AgentProgram {
    private static let paths = ["/usr/sbin/swiftotp-agent", "/usr/bin/swiftotp-agent"]
    private static let patience = Duration.seconds(120)

    /// Where it is installed; `nil` if it is not.
    static var path: String? { paths.first { SystemFiles.status($0) != nil } }

    /// Runs it to its end; throws if it fails. What it says goes to our own output.
    static func run(_ words: [String]) throws {
        guard Machine.isRoot else { throw Failure("only root may do this") }
        guard let path else {
            throw Failure(
                "there is no swiftotp-agent here", hints: ["install the package swiftotp-agent"])
        }
        let status: CInt?
        do throws(SystemError) {
            var process = try ChildProcess([path] + words, output: 1, errors: 2)
            status = process.wait(until: Deadline(in: patience))
        } catch {
            throw Failure("swiftotp-agent cannot be started: error number \(error.number)")
        }
        guard status == 0 else { throw ExitCode.failure }
    }
}
