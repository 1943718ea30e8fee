import ArgumentParser
import OTPCore
import OTPWire

/// `otp-enroll issue`: one temporary code, for a user whose phone is lost or far away.
struct Issue: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "issue", _superCommandName: OTPEnroll.name,
        abstract: "Issue a temporary code for somebody who has lost everything (root, help desk).",
        usage: """
            otp-enroll issue [<options>] <user>
            otp-enroll issue --list
            """,
        discussion: """
              otp-enroll issue alice                  show a code, valid for a day
              otp-enroll issue alice --valid 30m      for half an hour (10m to 3d)
              otp-enroll issue alice --copy           to the clipboard, and do not show it
              otp-enroll issue alice --mail           by mail, instead of showing it
              otp-enroll issue alice --revoke         revoke it
              otp-enroll issue --list                 who has one

            The code logs in once, within 24 hours or what --valid says; a new one replaces it. Make \
            sure whom you are talking to before you read it out. Authenticators and backup codes keep \
            working: `remove` or `reset` ends those of a lost phone. In tmux, --copy needs \
            `set-clipboard on`.
            """)

    @Argument(help: "The user.", completion: .users)
    var user: String?

    @Option(
        help: ArgumentHelp(
            "How long it is valid: 10m to 3d, such as 90m, 24h, 1h30m (default: 24h).",
            valueName: "time"),
        transform: { try Arguments.duration($0, in: IssuedCode.validRange) })
    var valid: UInt64?

    @Flag(help: "Send it by mail instead of showing it.")
    var mail = false

    @Option(
        help: ArgumentHelp(
            "Where to send it (default: what the option `mail` says).", valueName: "address"),
        transform: Arguments.mailAddress)
    var address: MailAddress?

    @Flag(help: "Copy it to the terminal's clipboard (OSC 52) instead of showing it.")
    var copy = false

    @Flag(help: "With --copy: show it as well.")
    var show = false

    @Flag(help: "Revoke the code that was issued.")
    var revoke = false

    @Flag(help: "List users with a temporary code that is still valid.")
    var list = false

    @OptionGroup var global: GlobalOptions

    func validate() throws {
        guard list == (user == nil) else {
            throw ValidationError(list ? "--list takes no user." : "Name a user.")
        }
        let wishes = mail || copy || show || address != nil || valid != nil
        guard !(revoke || list) || !wishes else {
            throw ValidationError("--list and --revoke make no code, and take no other options.")
        }
        guard !(revoke && list) else { throw ValidationError("Use --list or --revoke, not both.") }
        guard address == nil || mail else { throw ValidationError("--address needs --mail.") }
        guard !mail || !(copy || show) else {
            throw ValidationError(
                "--mail sends the code without showing it: it takes no --copy or --show.")
        }
    }

    func run() throws {
        if list { return try listAll() }
        let context = try Context(global, user: user, for: .helpDesk)
        revoke ? try end(context) : try issue(context)
    }

    // MARK: Issuing

    /// A code that was made.
    private struct Issued {
        let code: String
        let expires: UInt64
        let isLocked: Bool

        init(_ change: ChangeDocument, isMailed: Bool) throws(Failure) {
            let code = isMailed ? "" : change.temporaryCode
            guard let code, let expires = change.expires else {
                throw Failure.otherVersion
            }
            self.code = Output.printable(code)
            self.expires = expires
            isLocked = change.isLocked ?? false
        }
    }

    private func issue(_ context: Context) throws {
        // Anything wrong with the address shows before there is a code.
        let recipient = mail ? try context.address(address) : nil
        let change = try context.change(.issue(seconds: valid, mail: recipient?.text))
        do {
            if let why = change.unsent {
                throw Failure("no mail can be sent: \(Output.printable(why))")
            }
            let issued = try Issued(change, isMailed: recipient != nil)
            if copy {
                var code = Array(issued.code.utf8)
                try Clipboard.copy(&code)
            }
            try report(issued, recipient, context.userName)
        } catch let failure as Failure {
            let hint = "the code was made but not shown: issue another one"
            throw Failure(failure.message, hints: failure.hints + [hint])
        }
    }

    private func report(_ issued: Issued, _ recipient: MailAddress?, _ user: String) throws {
        if issued.isLocked {
            Output.note("warning: \(user) is locked by wrong codes; only this code will work")
            Output.hint("`otp-enroll unlock \(user)` ends that")
        }
        let isShown = show || (recipient == nil && !copy)
        if global.json {
            try Output.json([
                "user": .text(user), "code": isShown ? .text(issued.code) : .null,
                "expires": .time(issued.expires),
            ])
            return
        }
        let end =
            "It logs in once, until \(Machine.localTime(issued.expires)); older ones no longer work."
        if isShown { try Output.line("Temporary code for \(user): \(issued.code)") }
        let it = isShown ? "It" : "A temporary code for \(user)"
        if let recipient { try Output.line("\(it) was sent to \(recipient.text).") }
        if copy { try Output.line("\(it) is on the clipboard.") }
        try Output.line(end)
    }

    // MARK: Ending and listing

    private func end(_ context: Context) throws {
        _ = try context.change(.revokeIssued)
        if global.json {
            try Output.json(["user": .text(context.userName), "code": .null])
        } else {
            try Output.line("The temporary code of \(context.userName) was revoked.")
        }
    }
}
