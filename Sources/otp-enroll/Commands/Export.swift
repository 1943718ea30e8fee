import ArgumentParser
import OTPCore
import OTPWire

/// `otp-enroll export`: the keys in clear, into a file.
struct Export: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export", _superCommandName: OTPEnroll.name,
        abstract: "Write keys in clear to a new file, for another machine or program (as root).",
        usage: """
            otp-enroll export [<options>] [<user>] --format <format> --output <file>
            """,
        discussion: """
            Without USER, everybody. The file is new and for its owner alone. Whoever reads it can \
            log in as these users: delete it once it has arrived. Each user's record and the \
            system log say that the key was exported, and the user is told.

              otpauth      a key URI a line, for apps and other servers
              users.oath   the users file of pam_oath: SHA1, 30 or 60 s, up to 256 bits
              json         all that there is to an authenticator, in a form of our own

            Backup codes and temporary codes are kept as hashes and cannot be exported. A URI says \
            nothing about used codes and drift, and users.oath nothing about drift.

              otp-enroll export alice --format otpauth --output alice.txt --reveal-secrets
              otp-enroll export --format json --output all.json --reveal-secrets

            Exit status: 0 all is in the file; 1 nothing was written, or what could be and the \
            rest is listed with the reason.
            """)

    @Argument(help: "Whose keys; without it, everybody's.", completion: .users)
    var user: String?

    @Option(help: "The form of the file.")
    var format: ExportForm

    @Option(
        help: ArgumentHelp("The file to make; it must not be there yet.", valueName: "file"),
        completion: .file())
    var output: String

    @Flag(help: "Yes, write the keys in clear.")
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

        var work = ExportWork(context, format, to: output)
        try work.write(entries)
        guard !work.exported.isEmpty else {
            if work.unreadable == nil { work.noteLeftOut() }
            throw work.unreadable ?? nobody(context)
        }
        // Only now that the keys are out do records and log say so.
        try work.tellRecords()
        work.noteLeftOut()
        try report(work)
        if let failure = work.failure { throw failure }
    }

    /// Why nothing is written without --reveal-secrets: what the file would hold.
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
            case .nothing, .orphan: break
            }
        }
        guard count > 0 else { return problem.map { Failure($0) } ?? nobody(context) }
        let list = Output.printable(names.joined(separator: ", "))
        let whose =
            user == nil
            ? "\(Words.count(users, "user")) (\(Words.count(count, "authenticator")))"
            : "\(context.userName) (\(list))"
        return Failure(
            "the file would hold the keys of \(whose) in clear, and whoever reads it could log in",
            hint: "--reveal-secrets writes it all the same")
    }

    /// What there is to say where there is nothing to write.
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
        try Output.line("Delete it as soon as it has arrived where it is needed.")
    }
}
