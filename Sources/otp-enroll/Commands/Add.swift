import ArgumentParser
import OTPCore
import OTPStore
import OTPWire

/// `otp-enroll add`: a new authenticator.
struct Add: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "add", _superCommandName: OTPEnroll.name,
        abstract: "Enroll an authenticator: show the QR code, ask for a code, give backup codes.",
        discussion: """
              otp-enroll                          enroll yourself
              otp-enroll add alice                enroll alice (as root)
              otp-enroll add --name tablet        one more, called "tablet"
              otp-enroll add --qr-file qr.svg     also write the QR code to a file
              otp-enroll add alice --secret-file fob.key --hotp   a hardware token
              otp-enroll add alice --no-confirm --json    for scripts

            Nothing is saved until a code from the app was right; Ctrl-C leaves everything as it was. A \
            user can have five authenticators. Backup codes come with the first one. For another one \
            an ordinary user has to give a code or a backup code.

            Many apps ignore settings that they do not support, and then show wrong codes: change \
            --algorithm, --digits and --period only if you know the app.
            """)

    @OptionGroup var who: UserArgument

    @Option(
        help: "What to call it (default: phone, phone-2, ...); the same name is replaced.",
        transform: Arguments.name)
    var name: Name?

    @Option(help: "How to draw the QR code.")
    var qr: QRForm = .auto

    @Option(
        help: ArgumentHelp("Also write the QR code to a new SVG file.", valueName: "file"),
        completion: .file())
    var qrFile: String?

    @Flag(help: "Save it without asking for a code, and print key and backup codes.")
    var noConfirm = false

    @Option(
        help: "Hash function: SHA1 (default), SHA256 or SHA512.",
        completion: .list(HashAlgorithm.allCases.map(\.name)), transform: Arguments.algorithm)
    var algorithm = HashAlgorithm.sha1

    @Option(
        help: "Digits of a code: 6 (default), 7 or 8.",
        completion: .list(HOTP.digitsRange.map { "\($0)" }), transform: Arguments.digits)
    var digits: UInt8 = 6

    @Option(
        help: "How long each code is shown, in seconds: 15 to 120 (default: 30).",
        transform: Arguments.period)
    var period: UInt16 = 30

    @Flag(help: "One code for each press of a button (HOTP), instead of one every 30 seconds.")
    var hotp = false

    @Option(help: "With --hotp: the counter of the next code (default: 0).")
    var counter: UInt64?

    @Option(
        help: ArgumentHelp(
            "The key of a token that already has one, in hex or Base32; - reads stdin.",
            valueName: "file"),
        completion: .file())
    var secretFile: String?

    @Option(
        help: "The issuer that the app shows (default: the configuration's).",
        transform: Arguments.part)
    var issuer: String?

    @Option(
        help: "The account that the app shows (default: the user's name).",
        transform: Arguments.part)
    var account: String?

    @OptionGroup var global: GlobalOptions

    func validate() throws {
        if global.json && !noConfirm {
            throw ValidationError(
                "--json needs --no-confirm: a QR code cannot be shown in JSON.")
        }
        guard hotp || counter == nil else { throw ValidationError("--counter needs --hotp.") }
        // A higher one would leave no look-ahead; no device gets there by counting.
        guard (counter ?? 0) < 1 << 48 else { throw ValidationError("--counter is too large.") }
        guard !hotp || period == 30 else {
            throw ValidationError("--period is not for --hotp, which has no clock.")
        }
        guard secretFile == nil || qrFile == nil else {
            throw ValidationError("--secret-file is for a token, which scans no QR code.")
        }
        if secretFile == "-" && !noConfirm {
            throw ValidationError("--secret-file - needs --no-confirm: stdin has no code then.")
        }
    }

    func run() throws {
        let context = try Context(global, user: who.user, for: .everybody)
        guard noConfirm || Terminal.isThere else {
            throw Failure(
                Phrase("there is no terminal to show the QR code on"),
                hint: context.isOwner
                    ? Phrase("--no-confirm prints the key and asks for no code")
                    : Phrase("run it at a terminal; with ssh: ssh -t"))
        }
        guard context.isOwner || !noConfirm else { throw context.isRoots("--no-confirm") }
        guard context.isOwner || secretFile == nil else { throw context.isRoots("--secret-file") }
        let new = try NewAuthenticator(wish, for: context)
        let warnings = warnings(new)
        if noConfirm {
            try addUnconfirmed(new, context, warnings)
        } else {
            try addConfirmed(new, context, warnings)
        }
    }

    /// What the command line asks for.
    private var wish: Wish {
        let kind = hotp ? Authenticator.Kind.hotp : .totp
        return Wish(
            device: DeviceDocument(
                name: name?.text, kind: kind.word, algorithm: algorithm.name, digits: digits,
                period: period, counter: counter ?? 0, isUnconfirmed: noConfirm),
            issuer: issuer,
            account: account,
            keyFile: secretFile)
    }

    /// What the user should know before scanning.
    private func warnings(_ new: NewAuthenticator) -> [String] {
        var warnings: [String] = []
        if let warning = NewAuthenticator.warning(
            algorithm: algorithm, digits: digits, period: period)
        {
            warnings.append(warning)
        }
        if issuer == nil, !noConfirm, Machine.isRoot, Issuer.isCommon(new.label.issuer) {
            let name = Output.printable(new.label.issuer)
            warnings.append(
                "the app will show \(name), as for many machines: `issuer` in swiftotp.conf, or "
                    + "--issuer, says something better")
        }
        if new.replaces {
            let name = new.authenticator.name.text
            let warning =
                noConfirm
                ? Phrase("the present authenticator \"\(name)\" is replaced")
                : Phrase(
                    """
                    the present authenticator "\(name)" is replaced once a code of the new one is \
                    accepted
                    """)
            warnings.append(warning.text)
        }
        if let qrFile {
            let file = Output.printable(qrFile)
            warnings.append(Phrase("\(file) contains the key: delete it after scanning").text)
        }
        return warnings
    }

    /// Writes the QR code of `new` to the file named by the user.
    func writeFile(_ new: NewAuthenticator) throws -> PrivateFile? {
        guard let qrFile else { return nil }
        guard let uri = new.uri(), let code = QRLibrary().encode(uri) else {
            throw Failure(Add.noPicture)
        }
        var svg = QRDrawing.svg(code)
        return try PrivateFile(qrFile, holding: &svg)
    }

    /// What is said where no QR code can be made.
    static let noPicture = Phrase(
        "the QR code cannot be drawn: libqrencode is not installed or does not work")

    /// Shows what was stored with `show`; if that fails, says that it is stored anyway.
    func shown(
        _ change: ChangeDocument, of context: Context, _ show: (Enrolled) throws -> Void
    ) throws {
        context.noteLanguage()
        let enrolled = try Enrolled(change)
        do {
            try show(enrolled)
        } catch let failure as Failure {
            throw Failure(
                failure.message,
                hints: [
                    Phrase(
                        "\"\(enrolled.name)\" of \(context.userName) is enrolled nevertheless"),
                    Phrase("`otp-enroll codes \(context.userName)` makes new backup codes"),
                ].map(\.text))
        }
    }

    // MARK: For scripts

    private func addUnconfirmed(
        _ new: NewAuthenticator, _ context: Context, _ warnings: [String]
    ) throws {
        let file = try writeFile(new)
        for warning in warnings { Output.note("warning: \(warning)") }
        let change: ChangeDocument
        do {
            switch try context.ask(.keep(ticket: new.ticket)) {
            case .done(let done): change = done
            case let other: throw context.failure(other)
            }
        } catch {
            file?.remove()
            throw error
        }
        try shown(change, of: context) { try print($0, new, of: context.userName) }
    }

    private func print(
        _ result: Enrolled, _ new: NewAuthenticator, of user: String
    ) throws {
        // A key that the user brought need not be printed.
        let uri =
            new.isToken
            ? nil : new.uri()?.withBytes { String(decoding: $0.array, as: UTF8.self) }
        let key = new.isToken ? nil : String(decoding: new.typedKey, as: UTF8.self)
        if global.json {
            try Output.json([
                "user": .text(user), "name": .text(result.name),
                "uri": uri.map(JSON.text) ?? .null, "secret": key.map(JSON.text) ?? .null,
                "backup_codes": .list(result.backupCodes.map(JSON.text)),
                "already_here": .bool(result.wasThere),
                "trust_ended": .list(result.trustEnded.map(JSON.text)),
            ])
            return
        }
        if result.wasThere { try Output.line("already here: nothing was changed") }
        try Output.line("user: \(user)")
        try Output.line("name: \(result.name)")
        if let uri { try Output.line("uri: \(uri)") }
        if let key { try Output.line("key: \(key)") }
        for code in result.backupCodes { try Output.line("backup code: \(code)") }
        for key in result.trustEnded { try Output.line("trust ended: \(key)") }
    }
}
