import ArgumentParser
import OTPCore
import OTPStore

/// `otp-enroll doctor`: what is wrong with the set-up, before it locks somebody out.
struct Doctor: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor", _superCommandName: OTPEnroll.name,
        abstract: "Find what is wrong with the set-up before it locks you out (as root).",
        usage: "otp-enroll doctor [<options>]",
        discussion: """
              otp-enroll doctor                     ssh: PAM, sshd, store, clock
              otp-enroll doctor --service sudo      another service's stack
              otp-enroll doctor --user alice        what holds for alice
              otp-enroll doctor --try --user alice  a real PAM login that leads nowhere

            It looks, and changes nothing. Each finding says what is wrong, where, and the line to \
            write there, or for PAM files a diff, which `patch -p1 -d /` takes. A note may well be \
            meant so. --try asks what the login would ask, uses the code up, and says what the \
            login would have ended in.

            Exit status: 0 all is well, 1 with problems or warnings, or where --try was refused.
            """)

    @Option(help: ArgumentHelp("The PAM service.", valueName: "name"))
    var service = "sshd"

    @Option(
        help: ArgumentHelp(
            "Whom it is about (default: everybody with a login shell; for --try, yourself).",
            valueName: "name"))
    var user: String?

    @Flag(name: .customLong("try"), help: "Log in by the service's PAM stack, here and now.")
    var tries = false

    @OptionGroup var global: GlobalOptions

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
        let people = try PeopleCheck(only: user)
        let reader = LineOptions(instead: try instead)
        let stacks = ServiceStacks(of: service)
        let lines = stacks.ourLines
        let configurations = ConfigurationCheck.each(of: lines, reader)
        let isKnown = configurations.allSatisfy(\.isKnown)
        let options = configurations.first?.options ?? Options()
        var looks = stacks.troubles
        // Under options that cannot be read the module denies everybody, wherever it stands.
        if isKnown || lines.isEmpty {
            looks += stacks.looks { member in
                StackCheck(member.service, member.stack, people.users, reader).look {
                    SSHSettings.comesProven(people.users.first, member.service)
                }
            }
        }
        looks += stacks.looks { ModuleCheck.look($0.stack) }
        looks.append(ConfigurationCheck.look(configurations))
        if service == "sshd", let stack = stacks.members.first?.stack {
            let check = StackCheck(service, stack, people.users, reader)
            looks.append(
                SSHCheck(needsFirstFactor: check.needsFirstFactor, options: options)
                    .look(people.sample(16)))
        }
        if !stacks.members.isEmpty {
            looks += [
                NetworkCheck.look(service, options), SudoCheck.look(service, options, lines),
            ].compactMap(\.self)
        }
        let swiftotpd = ServiceCheck.look(options, lines)
        var lastLogin: UInt64 = 0
        for configuration in ConfigurationCheck.stores(configurations) {
            let options = configuration.options
            let store = try StoreCheck(options, configuration, askedAfter: swiftotpd)
            looks.append(store.look)
            lastLogin = max(lastLogin, store.lastLogin)
            if configuration.isKnown && !lines.isEmpty {
                looks.append(people.look(options, enrolled: store.enrolled, service: service))
            }
        }
        looks += [ClockCheck.look(lastLogin: lastLogin), swiftotpd, DenialCheck.look()]
        return DoctorReport(service: service, looks: looks)
    }

    /// What the command line says in the place of a PAM line's own arguments.
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
            throw Failure("user \(Machine.caller), who calls this, has no name on this system")
        }
        return String(decoding: user.name, as: UTF8.self)
    }
}
