import ArgumentParser
import OTPCore
import OTPPAM
import OTPStore

/// `otp-enroll doctor`: what is wrong with the configuration, before it locks somebody out.
struct Doctor: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor", _superCommandName: OTPEnroll.name,
        abstract: "Find what is wrong with the set-up before it locks you out (as root).",
        usage: "otp-enroll doctor [<options>]",
        discussion: """
              otp-enroll doctor                     ssh: PAM, sshd, store, clock
              otp-enroll doctor --service sudo      another service's stack
              otp-enroll doctor --user alice        what applies to alice
              otp-enroll doctor --group staff       what applies to the members of a group
              otp-enroll doctor --try --user alice  a real PAM login that leads nowhere

            It changes nothing. Each finding says what is wrong, where, and the line to write there, or \
            for PAM and sshd files a diff, which `patch -p1 -d /` takes. A note may be intended. --try \
            asks what the login would ask, uses the code up, and shows the result.

            Exit status: 0 all is well, 1 with problems or warnings, or if --try was refused.
            """)

    @Option(help: ArgumentHelp("The PAM service.", valueName: "name"), completion: .services)
    var service = "sshd"

    @Option(
        help: ArgumentHelp(
            "The user (default: everybody with a login shell; for --try, yourself).",
            valueName: "name"),
        completion: .users)
    var user: String?

    @Option(
        help: ArgumentHelp(
            "Only the members of this group.", valueName: "name"),
        completion: .groups)
    var group: String?

    @Flag(name: .customLong("try"), help: "Log in by the service's PAM stack, here and now.")
    var tries = false

    @OptionGroup var global: GlobalOptions

    func validate() throws {
        guard group == nil || (user == nil && !tries) else {
            throw ValidationError("--group goes neither with --user nor with --try.")
        }
    }

    func run() throws {
        if tries { return try login() }
        let report = try examination()
        if global.json {
            try Output.json(report.json)
        } else {
            try Output.line(report.text(width: Terminal.textWidth))
        }
        if !report.isWell { throw ExitCode.failure }
    }

    private func examination() throws -> DoctorReport {
        let people = try PeopleCheck(only: user, group: group)
        // An sshd may use a PAM service with another name.
        let services = service == "sshd" ? SSHDaemon.services : [service]
        var looks: [Look] = []
        for (index, service) in services.enumerated() {
            let found = try self.looks(at: service, people)
            looks += index == 0 ? found : found.filter { Doctor.ofService.contains($0.name) }
        }
        return DoctorReport(service: service, looks: looks)
    }

    /// The checks that are about one service only.
    private static let ofService = [
        StackCheck.name, ModuleCheck.name, ConfigurationCheck.name, SSHCheck.name,
        NetworkCheck.name, LineCheck.name,
    ]

    private func looks(at service: String, _ people: PeopleCheck) throws -> [Look] {
        let reader = LineOptions(instead: try instead)
        let stacks = ServiceStacks(of: service)
        let lines = stacks.ourLines
        let configurations = ConfigurationCheck.each(of: lines, reader)
        let options = configurations.first?.options ?? Options()
        let swiftotpd = ServiceCheck.look(options, lines, service: service)
        let stores = try ConfigurationCheck.stores(configurations).map {
            ($0, try StoreCheck($0.options, $0, askedAfter: swiftotpd))
        }
        let enrolled = stores.first?.1.standings.map { Set($0.keys) }
        let checks = stacks.members.map {
            StackCheck($0, people.users, reader, enrolled: enrolled)
        }
        var looks = stackLooks(stacks, checks, configurations)
        looks.append(ConfigurationCheck.look(configurations))
        if SSHDaemon.serves(service), let check = checks.first {
            let sshd = SSHCheck(
                service, needsFirstFactor: check.needsFirstFactor, options,
                enrolled: enrolled, isAll: user == nil && group == nil)
            looks.append(sshd.look(people.users))
        }
        if !stacks.members.isEmpty {
            looks += [
                NetworkCheck.look(service, options),
                SudoCheck(
                    service: service, options: options, enrolled: enrolled,
                    isAll: user == nil && group == nil
                ).look(people.users, lines),
            ].compactMap(\.self)
        }
        looks.append(FilesCheck.look(stacks.members.first?.stack, options, service: service))
        for (configuration, store) in stores {
            // A command does not find a store that a PAM line names by itself.
            looks.append(store.look.naming(configuration.words))
            if configuration.isKnown && !lines.isEmpty {
                let look = people.look(
                    configuration.options, store, service: service,
                    unasked: checks.first?.unasked ?? [])
                looks.append(look.naming(configuration.words))
            }
        }
        let lastLogin = stores.map(\.1.lastLogin).max() ?? 0
        looks += [ClockCheck.look(lastLogin: lastLogin), swiftotpd]
        if let known = configurations.first(where: \.isKnown), let fleet = FleetCheck.look(known) {
            looks.append(fleet)
        }
        return looks + [LogCheck.look(), DenialCheck.look(options)]
    }

    /// The findings about the stacks and their modules.
    private func stackLooks(
        _ stacks: ServiceStacks, _ checks: [StackCheck], _ configurations: [ConfigurationCheck]
    ) -> [Look] {
        let readings = stacks.members.compactMap { LineCheck.look($0.stack) }
        var looks = stacks.troubles + readings
        // If a line is read differently from how it looks, its consequences do not matter.
        guard !readings.contains(where: { $0.state == Finding.Severity.problem.rawValue }) else {
            return looks
        }
        // If the options cannot be read, the module denies everybody, wherever it is.
        if stacks.ourLines.isEmpty || configurations.allSatisfy(\.isKnown) {
            looks += ServiceStacks.looks(checks.map(\.look))
        }
        return looks + ServiceStacks.looks(stacks.members.map { ModuleCheck.look($0.stack) })
    }

    /// The options of the command line that override a PAM line's arguments.
    private var instead: [[UInt8]] {
        get throws {
            try [("conf", global.config), ("store", global.store), ("socket", global.socket)]
                .compactMap { key, value in
                    guard let value else { return nil }
                    guard value.hasPrefix("/") else {
                        let option = key == "conf" ? "config" : key
                        throw ValidationError("--\(option) takes a whole path")
                    }
                    return Array("\(key)=\(value)".utf8)
                }
        }
    }

    // MARK: --try

    private func login() throws {
        let name = try user ?? Doctor.caller()
        let result = TrialLogin.run(service: service, user: name)
        if global.json {
            try Output.json([
                "service": .text(service), "user": .text(name),
                "accepted": .bool(result.isSuccess), "result": .text(result.name),
                "code": .number(Int64(result.code)), "text": .text(result.text),
            ])
        } else {
            let verdict = result.isSuccess ? "Accepted" : "Refused"
            try Output.line(
                "\(verdict): \(result.name) (\(result.code)), \(Output.printable(result.text))."
                    + " Nobody was logged in.")
        }
        if !result.isSuccess { throw ExitCode.failure }
    }

    private static func caller() throws -> String {
        guard let user = try SystemUsers().user(withID: Machine.caller) else {
            throw Failure("no user has the number \(Machine.caller) (yours)")
        }
        return String(decoding: user.name, as: UTF8.self)
    }
}

extension ConfigurationCheck {
    /// The options that a command needs to find the same store.
    fileprivate var words: String {
        [("--config", named.configuration), ("--store", named.store)]
            .compactMap { option, path in path.map { "\(option) \($0)" } }.joined(separator: " ")
    }
}
