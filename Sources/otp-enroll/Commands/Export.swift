import ArgumentParser
import OTPCore
import OTPStore

/// `otp-enroll export`: the keys in clear, into a file.
struct Export: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export",
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
        let roster = try Roster(global)
        let one = try user.map { try Workplace(global, user: $0) }
        guard let store = try roster.store() else { throw nobody(one) }
        let entries =
            try one.map { [Roster.Entry(uid: $0.user.uid, users: [$0.user], hasRecord: true)] }
            ?? roster.entries(in: store).filter(\.hasRecord)
        guard revealSecrets else { throw try refusal(roster, entries, store, one) }

        var work = ExportWork(roster: roster, store: store, form: format)
        var text = try work.collect(entries)
        defer { Secret.wipe(&text) }
        guard !work.exported.isEmpty else {
            if work.unreadable == nil { work.noteLeftOut() }
            throw work.unreadable ?? nobody(one)
        }
        let interruptions = try Interruptions()
        let file = try PrivateFile(output, holding: &text)
        // Only now that the keys are out do records and log say so.
        try work.tellRecords(file, interruptions)
        work.noteLeftOut()
        try report(work)
        if let failure = work.failure(file) { throw failure }
    }

    /// Why nothing is written without --reveal-secrets: what the file would hold.
    private func refusal(
        _ roster: Roster, _ entries: [Roster.Entry], _ store: Store, _ one: Workplace?
    ) throws -> Failure {
        var (names, users): ([String], Int) = ([], 0)
        var problem: StoreError?
        try roster.look(at: entries, in: store) { record, _ in
            record.authenticators.map(\.name.text)
        } _: { _, finding in
            switch finding {
            case .found(let found, _):
                names += found
                users += found.isEmpty ? 0 : 1
            case .unreadable(let error): problem = problem ?? error
            case .nothing, .orphan: break
            }
        }
        guard !names.isEmpty else { return problem.map { Failure($0) } ?? nobody(one) }
        let whose =
            one.map { "\($0.userName) (\(names.joined(separator: ", ")))" }
            ?? "\(Words.count(users, "user")) (\(Words.count(names.count, "authenticator")))"
        return Failure(
            "the file would hold the keys of \(whose) in clear, and whoever reads it could log in",
            hint: "--reveal-secrets writes it all the same")
    }

    /// What there is to say where there is nothing to write.
    private func nobody(_ one: Workplace?) -> Failure {
        guard let one else { return Failure("nobody has an authenticator") }
        return Failure(
            "\(one.userName) has no authenticator",
            hint: "`otp-enroll status \(one.userName)` shows what there is")
    }

    private func report(_ work: ExportWork) throws {
        let count = work.exported.reduce(0) { $0 + $1.names.count }
        if global.json {
            try Output.json([
                "file": .text(Output.printable(output)), "format": .text(format.rawValue),
                "users": .count(work.exported.count), "authenticators": .count(count),
                "left_out": .list(work.leftOut.map(\.json)),
            ])
            return
        }
        try Output.line(
            "The keys of \(Words.count(work.exported.count, "user")) "
                + "(\(Words.count(count, "authenticator"))) are in \(Output.printable(output)).")
        try Output.line("Delete it as soon as it has arrived where it is needed.")
    }
}
