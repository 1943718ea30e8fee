import ArgumentParser
import OTPCore
import OTPSystem
import OTPWire

/// `otp-enroll backup`: all records and the configuration in one encrypted file, or to another host.
struct Backup: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "backup", _superCommandName: OTPEnroll.name,
        abstract: "Write all records and the configuration to an encrypted file (as root).",
        usage: """
            otp-enroll backup <file> --recipient <recipient> [<options>]
            otp-enroll backup <file> --recipients-file <file> [<options>]
            otp-enroll backup <file> --passphrase [<options>]
            otp-enroll backup --to <host> [--remote <command>] [<options>]
            """,
        discussion: """
              otp-enroll backup /srv/web1.age -R /etc/swiftotp/backup.recipients
              otp-enroll backup /srv/web1.age --passphrase
              otp-enroll backup --to root@web2

            age(1) encrypts the file, to the recipients of its keys or of SSH keys, or with a \
            passphrase. Keep the identity, which decrypts it, elsewhere: it opens everybody's second \
            factor. The seal key is not in the file, and not needed: `otp-enroll restore` seals the \
            records with the key of its own store.

            The file is written as FILE.new, read again, and takes the place of FILE only then. With \
            --identity or a passphrase it is also decrypted and compared.

            --to moves everything to another host by ssh: `otp-enroll restore` runs there, first to say \
            what it would do. Afterwards let nobody log in here with a code: both hosts would accept it.

            swiftotp-backup.timer makes a backup each day, once it is enabled.

            Exit status: 0 everything is in the file; 1 it is not, or some records cannot be read.
            """)

    @Argument(help: "The file. One that is there is replaced.", completion: .file())
    var file: String?

    @Option(
        name: [.customShort("r"), .long],
        help: "Encrypt to this recipient of age; may be repeated.")
    var recipient: [String] = []

    @Option(
        name: [.customShort("R"), .long],
        help: ArgumentHelp("Encrypt to the recipients in this file.", valueName: "file"),
        completion: .file())
    var recipientsFile: [String] = []

    @Flag(help: "Encrypt with a passphrase, which age asks for.")
    var passphrase = false

    @Option(
        name: [.customShort("i"), .long],
        help: ArgumentHelp(
            "Decrypt the new file with this identity, to check it.", valueName: "file"),
        completion: .file())
    var identity: [String] = []

    @Option(help: "Restore on this host instead, by ssh.")
    var to: String?

    @Option(help: "With --to: how to run otp-enroll there.")
    var remote = "otp-enroll"

    @Flag(help: "With --to: backup codes stay good there, and tokens go on counting.")
    var keepBackupCodes = false

    @Flag(help: "Do not ask.")
    var yes = false

    @OptionGroup var global: GlobalOptions

    func validate() throws {
        let hasRecipients = !recipient.isEmpty || !recipientsFile.isEmpty
        guard to == nil else {
            guard file == nil, !hasRecipients, !passphrase, identity.isEmpty else {
                throw ValidationError("--to takes no file, and ssh encrypts.")
            }
            return
        }
        guard let file, !file.isEmpty, file != "-" else {
            throw ValidationError("Name a file to write, or a host with --to.")
        }
        guard hasRecipients != passphrase else {
            throw ValidationError(
                "Say who can decrypt it: --recipient or --recipients-file, or --passphrase.")
        }
        guard !keepBackupCodes else {
            throw ValidationError("--keep-backup-codes is for `otp-enroll restore`, and for --to.")
        }
    }

    func run() throws {
        let context = try Context(global, user: nil)
        try context.service.series {
            if let to {
                let move = BackupMove(
                    to: to, by: remote, keepsCodes: keepBackupCodes, context, global.config)
                try move.run(asks: !yes)
            } else if let file {
                try write(to: file, context)
            }
        }
    }

    private func write(to path: String, _ context: Context) throws {
        let age = try Age()
        let signals = try Interruptions()
        let modes = TerminalModes()
        defer { modes?.restore() }
        let check = {
            if signals.endIsAsked() { throw Failure("interrupted: nothing was written") }
        }
        let file = try ReplacingFile(path)
        var work = BackupWork(context)
        var (plain, sealed) = (Digest(), Digest())
        let lock: Age.Lock =
            passphrase ? .passphrase : .recipients(recipient, files: recipientsFile)
        var filter = try age.encryption(lock)
        let take = { (bytes: ArraySlice<UInt8>) in
            sealed.update(bytes.span)
            try file.append(bytes)
        }
        do {
            try work.write(configuration: global.config) { bytes in
                plain.update(bytes.span)
                try filter.put(bytes, check: check, take)
            }
        } catch is Filter.Ended {
            // Its status says why.
        }
        try Age.check(filter.finish(check: check, take))
        try file.sync()
        let isDecrypted = passphrase || !identity.isEmpty
        if isDecrypted {
            if passphrase { Output.note("once more, to check the file") }
            try decrypt(file.newPath, by: age, check, expecting: plain.finish())
        } else {
            try compare(file.newPath, expecting: sealed.finish())
        }
        try file.finish()
        try report(work, path, isDecrypted: isDecrypted)
    }

    /// Decrypts the file, and compares it with what was encrypted.
    private func decrypt(
        _ path: String, by age: Age, _ check: () throws -> Void, expecting digest: [UInt8]
    ) throws {
        guard let file = ReadFile(path) else { throw Backup.changed(path) }
        var found = Digest()
        var filter = try age.decryption(identity, reading: .file(file.file.number))
        let end = try filter.finish(check: check) { found.update($0.span) }
        let key = passphrase ? "passphrase" : "identity"
        try Age.check(
            end, hints: ["it is another \(key), or the file is damaged: nothing was kept"])
        guard found.finish() == digest else { throw Backup.changed(path) }
    }

    /// Compares the file with what was written.
    private func compare(_ path: String, expecting digest: [UInt8]) throws {
        guard let file = ReadFile(path) else { throw Backup.changed(path) }
        var found = Digest()
        var offset = 0
        while true {
            guard let bytes = file.bytes(from: offset, 1 << 20) else { throw Backup.changed(path) }
            if bytes.isEmpty { break }
            found.update(bytes.span)
            offset += bytes.count
        }
        guard found.finish() == digest else { throw Backup.changed(path) }
    }

    private static func changed(_ path: String) -> Failure {
        Failure(
            "\(Output.printable(path)): what was read again is not what was written",
            hint: "the disk may be bad; nothing was kept")
    }

    private func report(_ work: BackupWork, _ path: String, isDecrypted: Bool) throws {
        if global.json {
            try Output.json([
                "file": .text(Output.printable(path)), "records": .count(work.count),
                "decrypted": .bool(isDecrypted),
                "problems": .list(
                    work.unreadable.map {
                        .object([
                            "number": .number(Int64($0.uid)),
                            "error": .text(Output.printable($0.trouble.text)),
                        ])
                    }),
            ])
        } else {
            try Output.line("\(Words.count(work.count, "record")) in \(Output.printable(path)).")
            try Output.line(
                isDecrypted
                    ? "It was decrypted again, and is whole."
                    : "It was read again; only --identity tries whether it can be decrypted.")
        }
        guard work.unreadable.isEmpty else { throw work.failure }
    }
}

extension BackupWork {
    /// Why not everything is in the backup.
    var failure: Failure {
        let most = 10
        var hints = unreadable.prefix(most).map { Output.printable($0.trouble.text) }
        if unreadable.count > most { hints.append("and \(unreadable.count - most) more") }
        let records = Words.count(unreadable.count, "record")
        return Failure("\(records) cannot be read, and not in the backup", hints: hints)
    }
}
