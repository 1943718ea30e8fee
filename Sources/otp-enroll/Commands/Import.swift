import ArgumentParser
import OTPCore
import OTPImport
import OTPStore

extension ImportFormat: ExpressibleByArgument {}

/// `otp-enroll import`: takes over what other programs have.
struct Import: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import", _superCommandName: OTPEnroll.name,
        abstract: "Take over users from google-authenticator, pam_oath and others (as root).",
        usage: """
            otp-enroll import --from google-authenticator [--user <user> | --all]
            otp-enroll import --from <format> [<options>] <file>
            """,
        discussion: """
              otp-enroll import --from google-authenticator --all --dry-run
              otp-enroll import --from google-authenticator --user alice
              otp-enroll import --from users.oath /etc/users.oath
              otp-enroll import --from otpauth --user alice - < uris.txt
              otp-enroll import --from pskc --psk-file psk.hex --map fobs.txt tokens.xml

            Users log in with the codes that their phones already show; used codes stay used. Old \
            backup codes are not imported, since they are short and in plain text; `otp-enroll codes` \
            makes new ones. The other program's files are left alone: remove them when its PAM lines \
            are gone. A second run takes what is new. Users who are or were enrolled here are skipped; \
            only --user adds to one of them.

            Formats:
            \(ImportFormat.allCases.map { "  \($0.rawValue): \($0.help)" }.joined(separator: "\n"))

            A map has one line for each token: its serial number or the other program's user name, and \
            the user here. Exit status: 0 everything was imported or skipped, 1 something failed.
            """)

    @Option(help: "What the file is; see below.")
    var from: ImportFormat

    @Argument(
        help: "The file; - for stdin. For google-authenticator, the one in the user's home.",
        completion: .file())
    var file: String?

    @Option(
        help: "Import everything for this user; with --map, only this user's tokens.",
        completion: .users)
    var user: String?

    @Flag(help: "With google-authenticator: everybody who has a file at home.")
    var all = false

    @Option(help: ArgumentHelp("Who owns which token.", valueName: "file"), completion: .file())
    var map: String?

    @Option(
        help: ArgumentHelp(
            "The pre-shared key of a PSKC file: 16 bytes in hex or Base32.", valueName: "file"),
        completion: .file())
    var pskFile: String?

    @Flag(help: "Show what would happen, and change nothing.")
    var dryRun = false

    @OptionGroup var global: GlobalOptions

    func validate() throws {
        let isGoogle = from == .googleAuthenticator
        guard file != nil || isGoogle else { throw ValidationError("Name a file.") }
        guard !all || isGoogle else {
            throw ValidationError("--all is for --from google-authenticator.")
        }
        guard !all || (user == nil && file == nil) else {
            throw ValidationError("--all takes neither --user nor a file.")
        }
        guard !isGoogle || file == nil || user != nil else {
            throw ValidationError("Whose file is it? Add --user.")
        }
        guard pskFile == nil || from == .pskc else {
            throw ValidationError("--psk-file is for --from pskc.")
        }
        guard map == nil || !isGoogle else {
            throw ValidationError("--map is not for --from google-authenticator.")
        }
        guard [file, map, pskFile].count(where: { $0 == "-" }) <= 1 else {
            throw ValidationError("Only one of the files can be stdin.")
        }
    }

    func run() throws {
        // Whoever may not do it hears so before any file is read.
        let context = try Context(global, user: user)
        var report = ImportReport(isRehearsal: dryRun)
        try context.service.series { try run(context, &report) }
        try report.show(asJSON: global.json)
    }

    private func run(_ context: Context, _ report: inout ImportReport) throws {
        let map = try map.map(ImportSource.readMap)
        guard let file else { return try importHomes(context, into: &report) }
        let result = try ImportSource.read(
            file, as: from, preSharedKey: try pskFile.map { KeyBox(try TokenKeyFile.read($0)) })
        report.add(
            result,
            by: Importer(context: context, onlyUser: user, map: map, isRehearsal: dryRun))
    }

    /// Everybody who may have a home here.
    private var everybody: [User] {
        get throws {
            let census = try Census()
            if let doubt = census.doubt { Output.note(doubt.text) }
            return census.everybody
        }
    }

    /// Imports the file in the home of one user, or of everybody who has one.
    private func importHomes(_ context: Context, into report: inout ImportReport) throws {
        let file = ".google_authenticator"
        let homes = all ? try everybody : [context.user]
        var progress = Progress("Reading homes", of: homes.count)
        defer { progress.finish() }
        for home in homes {
            progress.advance()
            let name = String(decoding: home.name, as: UTF8.self)
            do {
                guard let result = try ImportSource.readGoogleAuthenticator(file, at: home) else {
                    if all { continue }
                    throw Failure(
                        "there is no \(file) in the home of \(Output.printable(name))",
                        hint: "import a file elsewhere by: import --from google-authenticator"
                            + " --user \(Output.printable(name)) FILE")
                }
                report.add(
                    result, of: name,
                    by: Importer(
                        context: context, onlyUser: name, isNamed: !all, map: nil,
                        isRehearsal: dryRun))
            } catch let failure as Failure where all {
                report.failed(failure.message, for: name)
            }
        }
    }
}
