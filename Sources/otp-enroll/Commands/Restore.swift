import ArgumentParser
import OTPCore
import OTPStore
import OTPWire

/// `otp-enroll restore`: the records of a backup, so that nothing used since counts again.
struct Restore: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "restore", _superCommandName: OTPEnroll.name,
        abstract: "Restore records from a backup (as root).",
        usage: """
            otp-enroll restore <file> [--identity <file>] [--dry-run] [<options>]
            """,
        discussion: """
              otp-enroll restore /srv/web1.age --identity key.txt --dry-run
              otp-enroll restore /srv/web1.age --identity key.txt

            Without --identity, age(1) asks for the passphrase. Everything is decrypted and checked \
            before anything is changed. Users are found by their names; their numbers may be other \
            ones here. A record that is here is replaced by that of the backup; users who are not in \
            the backup keep theirs.

            What was used after the backup does not count again: codes of the last minutes are used up; \
            counters go on from the highest that is known here, and a token of which nothing is known \
            waits for `otp-enroll resync`; temporary codes, backup codes and the trust in SSH keys \
            end; what users were asked before is void. An authenticator that was removed here since \
            stays so. Users are told at their next logins.

            If it is interrupted, or the disk is full, run it again. With `-`, the backup comes from \
            standard input.

            Exit status: 0 everything was restored; 1 some of it was not, and is listed.
            """)

    @Argument(help: "The backup; - for stdin.", completion: .file())
    var file: String

    @Option(
        name: [.customShort("i"), .long],
        help: ArgumentHelp("Decrypt it with this identity of age.", valueName: "file"),
        completion: .file())
    var identity: [String] = []

    @Flag(help: "Only say what would happen.")
    var dryRun = false

    @Flag(
        help: """
            Backup codes that were not used at the time of the backup stay good, and tokens go on \
            counting: only if nobody has used one since.
            """)
    var keepBackupCodes = false

    @Flag(help: "Authenticators come back that were removed, reset or disabled here since.")
    var bringBack = false

    @Flag(help: "Although the backup is of another host.")
    var otherHost = false

    @Flag(help: "Take the configuration as well; the one here is kept as FILE.before-restore.")
    var configuration = false

    @Flag(help: "Do not ask.")
    var yes = false

    @OptionGroup var global: GlobalOptions

    func validate() throws {
        guard !file.isEmpty else { throw ValidationError("Name the file, or - for stdin.") }
        guard identity.isEmpty || file != "-" || !identity.contains("-") else {
            throw ValidationError("Only one of them can come from stdin.")
        }
    }

    func run() throws {
        let context = try Context(global, user: nil)
        let backup = try BackupSource(path: file, identities: identity).read()
        try requireHost(of: backup)
        try context.service.series {
            if dryRun || (!yes && Terminal.canAsk) {
                try rehearse(backup, context)
                if dryRun { return }
                guard Terminal.agrees(question(since: backup.time)) else {
                    throw Failure("nothing was changed")
                }
            }
            let done = RestoreReport(
                try restore(backup, context, rehearses: false), backup, isDone: true)
            try takeConfiguration(backup)
            if global.json {
                try done.showJSON()
            } else {
                try done.show()
                if !configuration { try showConfiguration(backup) }
            }
            if !done.isWhole { throw ExitCode.failure }
        }
    }

    private func requireHost(of backup: BackupContents) throws(Failure) {
        guard backup.host != Machine.hostName, !otherHost else { return }
        throw Failure(
            "the backup is of \(Output.printable(backup.host)), and this is"
                + " \(Output.printable(Machine.hostName))",
            hint: "--other-host says that this is meant")
    }

    private func question(since time: UInt64) -> String {
        keepBackupCodes
            ? "Has nobody used a backup code or a token since \(Machine.localTime(time)), so that"
                + " these can be restored as they were?"
            : "Restore this, and end all backup codes?"
    }

    /// Says what would happen.
    private func rehearse(_ backup: BackupContents, _ context: Context) throws {
        let plan = RestoreReport(
            try restore(backup, context, rehearses: true), backup, isDone: false)
        if global.json {
            // With an answer to come, the one object is about what was done.
            if dryRun { try plan.showJSON() }
            return
        }
        try plan.show()
        if !configuration { try showConfiguration(backup) }
    }

    private func restore(
        _ backup: BackupContents, _ context: Context, rehearses: Bool
    ) throws -> [RestoredDocument] {
        var rows: [RestoredDocument] = []
        let window = LoginWindow.widest()
        var progress = Progress(
            rehearses ? "Comparing records" : "Restoring records", of: backup.records.count)
        defer { progress.finish() }
        var rest = backup.records[...]
        while !rest.isEmpty {
            let batch = rest.prefix(RecordDocument.most)
            rest = rest.dropFirst(RecordDocument.most)
            let command = Command.restore(
                records: Array(batch), time: backup.time, window: window,
                keepsCodes: keepBackupCodes, bringsBack: bringBack, rehearses: rehearses)
            rows += try ask(command, context)
            for _ in batch { progress.advance() }
        }
        return rows
    }

    private func ask(
        _ command: Command, _ context: Context
    ) throws(Failure) -> [RestoredDocument] {
        do throws(Failure) {
            switch try context.ask(command) {
            case .restored(let rows): return rows
            case let other: throw context.failure(other)
            }
        } catch {
            var failure = error
            if failure.trouble?.code == .system {
                failure.hints = ["fix this, and run it again: it begins anew"]
            }
            throw failure
        }
    }

    // MARK: The configuration

    private func takeConfiguration(_ backup: BackupContents) throws {
        guard configuration else { return }
        for file in try RestoredConfiguration.changed(in: backup.files, global.config) {
            guard let contents = backup.files[file.rawValue] else { continue }
            try file.take(contents, global.config)
        }
    }

    private func showConfiguration(_ backup: BackupContents) throws {
        for file in try RestoredConfiguration.changed(in: backup.files, global.config) {
            let path = Output.printable(file.path(global.config))
            try Output.line("The backup has another \(path): --configuration takes it.")
        }
    }
}
