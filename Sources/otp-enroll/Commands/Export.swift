import ArgumentParser
import OTPCore
import OTPWire

/// `otp-enroll export`: writes the keys in clear text to a file.
struct Export: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export", _superCommandName: OTPEnroll.name,
        abstract: "Write keys in clear text to a new file, for another program (as root).",
        usage: """
            otp-enroll export [<options>] [<user>] --format <format> --output <file>
            """,
        discussion: """
              otp-enroll export alice --format otpauth --output alice.txt --reveal-secrets
              otp-enroll export --format json --output all.json --reveal-secrets

            Without USER, everybody. Only the owner can read the new file. Anybody who gets it can log \
            in as these users: delete it when it has arrived. Each user's record and the system log say \
            that the key was exported, and the user is told.

              otpauth      one key URI per line, for apps and other servers
              users.oath   the users file of pam_oath: SHA1, 30 or 60 s, up to 256 bits
              json         everything known about an authenticator, in a format of our own

            Backup codes and temporary codes are stored only as hashes and cannot be exported. A URI \
            has no used codes and no drift, and users.oath no drift.

            Exit status: 0 everything is in the file; 1 nothing was written, or only a part and the \
            rest is listed with the reason.
            """)

    @Argument(help: "Whose keys; default: everybody's.", completion: .users)
    var user: String?

    @Option(help: "The format of the file.")
    var format: ExportForm

    @Option(
        help: ArgumentHelp("The file to create; it must not exist yet.", valueName: "file"),
        completion: .file())
    var output: String

    @Flag(help: "Really write the keys in clear text.")
    var revealSecrets = false

    @OptionGroup var global: GlobalOptions

    func validate() throws {
        guard !output.isEmpty, output != "-" else {
            throw ValidationError("--output takes a file: keys are never written to stdout.")
        }
    }

    func run() throws {
        let context = try Context(global, user: user)
        try context.service.series { try run(context) }
    }

    private func run(_ context: Context) throws {
        let entries =
            user == nil
            ? try Roster(context).recordedEntries()
            : [Roster.Entry(uid: context.user.uid, users: [context.user], hasRecord: true)]
        guard revealSecrets else { throw try refusal(context, entries) }

        var work = ExportWork(
            context, format, issuer: try context.policy().issuer, to: output)
        try work.write(entries)
        guard !work.exported.isEmpty else {
            if work.unreadable == nil { work.noteLeftOut() }
            throw work.unreadable ?? nobody(context)
        }
        // Records and log say so only now that the keys have left.
        try work.tellRecords()
        work.noteLeftOut()
        try report(work)
        if let failure = work.failure { throw failure }
    }

    /// Why nothing is written without --reveal-secrets: what the file would contain.
    private func refusal(_ context: Context, _ entries: [Roster.Entry]) throws -> Failure {
        var (names, count, users): ([String], Int, Int) = ([], 0, 0)
        var problem: StoreError?
        try Roster(context).look(at: entries) { _, finding in
            switch finding {
            case .found(let account, _):
                count += account.authenticators.count
                users += account.authenticators.isEmpty ? 0 : 1
                if user != nil { names += account.authenticators }
            case .unreadable(let error): problem = problem ?? error
            case .nothing, .hidden, .orphan: break
            }
        }
        guard count > 0 else { return problem.map { Failure($0) } ?? nobody(context) }
        let list = Output.printable(names.joined(separator: ", "))
        let whose =
            user == nil
            ? "\(Words.count(users, "user")) (\(Words.count(count, "authenticator")))"
            : "\(context.userName) (\(list))"
        return Failure(
            "the file would contain the keys of \(whose) in clear text, and anybody who reads it could log in",
            hint: "--reveal-secrets writes it")
    }

    /// What to say if there is nothing to write.
    private func nobody(_ context: Context) -> Failure {
        guard user != nil else { return Failure("nobody has an authenticator") }
        return Failure(
            "\(context.userName) has no authenticator",
            hint: "`otp-enroll status \(context.userName)` shows what there is")
    }

    private func report(_ work: borrowing ExportWork) throws {
        let users = work.exported.count
        let count = work.exported.reduce(0) { $0 + $1.names.count }
        if global.json {
            try Output.json([
                "file": .text(Output.printable(output)), "format": .text(format.rawValue),
                "users": .count(users), "authenticators": .count(count),
                "left_out": .list(work.leftOut.map(\.json)),
            ])
            return
        }
        try Output.line(
            "The keys of \(Words.count(users, "user")) "
                + "(\(Words.count(count, "authenticator"))) are in \(Output.printable(output)).")
        try Output.line("Delete it as soon as it has arrived.")
    }
}
