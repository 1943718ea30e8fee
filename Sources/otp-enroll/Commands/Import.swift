import ArgumentParser
import OTPCore
import OTPImport
import OTPStore
import OTPWire

extension ImportFormat: ExpressibleByArgument {}

/// `otp-enroll import`: imports from other programs.
struct Import: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import", _superCommandName: OTPEnroll.name,
        abstract: "Take over users from other programs, apps and token lists (as root).",
        usage: """
            otp-enroll import --from google-authenticator [--user <user> | --all]
            otp-enroll import --from <format> [<options>] <file>
            """,
        discussion: """
              otp-enroll import --from google-authenticator --all --dry-run
              otp-enroll import --from google-authenticator --user alice
              otp-enroll import --from google-authenticator /var/lib/google-authenticator
              otp-enroll import --from users.oath /etc/users.oath
              otp-enroll import --from otpauth --user alice - < uris.txt
              otp-enroll import --from pskc --psk-file psk.hex --map fobs.txt tokens.xml
              otp-enroll import --from aegis --user alice --entry web1 aegis.json

            Users log in with the codes that their phones already show; used codes stay used. Old \
            backup codes are not imported, since they are short and in plain text; `otp-enroll codes` \
            makes new ones. The other program's files are left alone: remove them when its PAM lines \
            are gone. A second run takes what is new. Users who are or were enrolled here are skipped; \
            only --user adds to one of them.

            Formats:
            \(ImportFormat.allCases.map { "  \($0.rawValue): \($0.help)" }.joined(separator: "\n"))

            An app's export holds a person's accounts everywhere, so it needs --user, and only entries \
            of this machine are imported, or those that --entry chooses. Encrypted exports are not read.

            A map has one line for each token: its serial number or the other program's user name, and \
            the user here. Exit status: 0 everything was imported or skipped, 1 something failed.
            """)

    @Option(help: "What the file is; see below.")
    var from: ImportFormat

    @Argument(
        help: "The file; - for stdin. Without it, google-authenticator's in the user's home.",
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

    @Option(
        help: ArgumentHelp(
            "Of an app's export, the entries with this issuer, account, or issuer:account.",
            valueName: "text"))
    var entry: String?

    @Flag(help: "Also import keys of 80 to 127 bits, which are marked in status.")
    var allowShortKeys = false

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
        guard !isGoogle || file == nil || user != nil || folder != nil else {
            throw ValidationError("Whose file is it? Add --user.")
        }
        guard !from.isPersonal || user != nil else {
            throw ValidationError("Whose export is it? Add --user.")
        }
        guard map == nil || !from.isPersonal else {
            throw ValidationError("--map is not for an app's export.")
        }
        guard entry == nil || from.isPersonal else {
            throw ValidationError("--entry is for an app's export.")
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
        // A caller without permission is told so before any file is read.
        let context = try Context(global, user: user)
        var report = ImportReport(isRehearsal: dryRun)
        try context.service.series { try run(context, &report) }
        try report.show(asJSON: global.json)
    }

    private func run(_ context: Context, _ report: inout ImportReport) throws {
        let map = try map.map(ImportSource.readMap)
        if let folder { return try importFolder(folder, context, into: &report) }
        guard let file else { return try importHomes(context, into: &report) }
        var result = try ImportSource.read(
            file, as: from, preSharedKey: try pskFile.map { KeyBox(try TokenKeyFile.read($0)) })
        if from.isPersonal {
            try EntryChoice(text: entry, issuer: context.policy().issuer).apply(to: &result)
        }
        report.add(
            result,
            by: Importer(
                context: context, onlyUser: user, map: map, isRehearsal: dryRun,
                hasWholeNames: from.hasWholeNames, namesEveryOwner: from == .swiftOTP,
                allowsShortKeys: allowShortKeys))
    }

    /// The named folder of google-authenticator files; `nil` for a file.
    private var folder: KeyFolder? {
        from == .googleAuthenticator ? file.flatMap { KeyFolder($0) } : nil
    }

    /// Imports the files in a folder, or the one for `--user`.
    private func importFolder(
        _ folder: KeyFolder, _ context: Context, into report: inout ImportReport
    ) throws {
        let names = try user.map { [$0] } ?? folder.names()
        var progress = Progress("Reading files", of: names.count)
        defer { progress.finish() }
        for name in names {
            progress.advance()
            do {
                let (owner, result) = try folder.read(name)
                let ownerName = String(decoding: owner.name, as: UTF8.self)
                report.add(
                    result, of: ownerName,
                    by: importer(context, of: ownerName, isNamed: user != nil))
            } catch let failure as Failure where user == nil {
                report.failed(failure.message, for: name)
            }
        }
    }

    private func importer(_ context: Context, of name: String, isNamed: Bool) -> Importer {
        Importer(
            context: context, onlyUser: name, isNamed: isNamed, map: nil, isRehearsal: dryRun,
            allowsShortKeys: allowShortKeys)
    }

    /// Everybody who may have a home directory here.
    private var everybody: [User] {
        get throws {
            let census = try Census()
            if let doubt = census.doubt { Output.note(doubt.text) }
            return census.everybody
        }
    }

    /// Imports the file in the home directory of one user, or of everybody who has one.
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
                report.add(result, of: name, by: importer(context, of: name, isNamed: !all))
            } catch let failure as Failure where all {
                report.failed(failure.message, for: name)
            }
        }
    }
}
