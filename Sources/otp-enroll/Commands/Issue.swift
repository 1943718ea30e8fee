import ArgumentParser
import OTPCore
import OTPStore

/// `otp-enroll issue`: one temporary code, for somebody whose phone is lost or far away.
struct Issue: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "issue",
        abstract: "Issue a temporary code for a user who has lost everything (as root).",
        usage: """
            otp-enroll issue [<options>] <user>
            otp-enroll issue --list
            """,
        discussion: """
            The code logs in once, within 24 hours or what --valid says. A new one ends the old. \
            Make sure whom you are talking to before you read it out. Authenticators and backup \
            codes stay as they are: `remove` or `reset` ends those of a lost phone. In tmux, --copy \
            needs `set-clipboard on`.

              otp-enroll issue alice                  show a code, valid for a day
              otp-enroll issue alice --valid 30m      for half an hour (10m to 3d)
              otp-enroll issue alice --copy           to the clipboard, and do not show it
              otp-enroll issue alice --mail           by mail, instead of showing it
              otp-enroll issue alice --revoke         end it unused
              otp-enroll issue --list                 who has one
            """)

    @Argument(help: "Whom it is for.", completion: .users)
    var user: String?

    @Option(
        help: ArgumentHelp(
            "How long it is valid: 10m to 3d, such as 90m, 24h, 1h30m (default: 24h).",
            valueName: "time"),
        transform: { try Arguments.duration($0, in: IssuedCode.validRange) })
    var valid: UInt64?

    @Flag(help: "Send it by mail, and do not show it.")
    var mail = false

    @Option(
        help: ArgumentHelp(
            "Where to send it (default: what the policy's `mail` says).", valueName: "address"),
        transform: Arguments.mailAddress)
    var address: MailAddress?

    @Flag(help: "Put it on the terminal's clipboard (OSC 52), and do not show it.")
    var copy = false

    @Flag(help: "End the code that was issued.")
    var revoke = false

    @Flag(help: "List who has a code that can be used.")
    var list = false

    @OptionGroup var global: GlobalOptions

    func validate() throws {
        guard list == (user == nil) else {
            throw ValidationError(list ? "--list takes no user." : "It takes a user.")
        }
        let wishes = mail || copy || address != nil || valid != nil
        guard !(revoke || list) || !wishes else {
            throw ValidationError("--list and --revoke make no code, and take no other wishes.")
        }
        guard !(revoke && list) else { throw ValidationError("It is --list or --revoke.") }
        guard address == nil || mail else { throw ValidationError("--address needs --mail.") }
    }

    func run() throws {
        if list { return try listAll() }
        let workplace = try Workplace(global, user: user)
        revoke ? try end(workplace) : try issue(workplace)
    }

    // MARK: Issuing

    /// A code that was made.
    private struct Issued {
        let code: String
        let expires: UInt64
        let isLocked: Bool
    }

    private func issue(_ workplace: Workplace) throws {
        guard try SystemClock().now() >= Attempt.earliestTime else {
            throw Failure("this machine's clock is years behind", hint: "set the clock first")
        }
        let seconds = try validity(workplace)
        // Whatever can go wrong with the address does so before there is a code.
        let recipient = mail ? try workplace.address(address) : nil
        let issued = try make(workplace, seconds)
        do {
            if let recipient { try send(issued, to: recipient, workplace) }
            if copy {
                var code = Array(issued.code.utf8)
                try Clipboard.copy(&code)
            }
            try report(issued, recipient, workplace)
        } catch let failure as Failure {
            let hint = "the code was made and nobody knows it: issue another one"
            throw Failure(failure.message, hints: failure.hints + [hint])
        }
    }

    /// The validity in seconds, as the policy allows it.
    private func validity(_ workplace: Workplace) throws -> UInt64 {
        let cap = UInt64(workplace.options.temporaryHours) * 3600
        guard let valid else { return min(86_400, cap) }
        guard valid <= cap else {
            throw Failure(
                "the policy here allows \(Words.count(cap / 3600, "hour")) at most",
                hint: "temporary_hours in swiftotp.conf is that limit")
        }
        return valid
    }

    private func make(_ workplace: Workplace, _ seconds: UInt64) throws -> Issued {
        let random = SystemRandom()
        return try workplace.edit(makesRecord: true) { record, now in
            var bytes = try random.bytes(TemporaryCode.randomLength)
            var code = ""
            record.issueTemporaryCode(
                at: now, validFor: seconds, boot: SystemClock().boot(), random: &bytes,
                salt: try random.bytes(HashedCode.saltLength)
            ) { code = $0 }
            let expires = record.temporaryCode?.expires ?? now
            let issued = Issued(
                code: code, expires: expires, isLocked: record.throttle.lockedUntil(at: now) != nil)
            return (issued, workplace.event(.temporaryCodeIssued, at: now))
        }
    }

    private func send(
        _ issued: Issued, to recipient: MailAddress, _ workplace: Workplace
    ) throws {
        let host = Output.printable(Machine.hostName, utf8: false)
        let mail = try Mail(to: recipient, subject: "Your temporary code for \(host)")
        var text = Array(
            """
            Hello \(workplace.userName),

            an administrator of \(host) has issued this code for you:

                \(issued.code)

            It logs in once, until \(Machine.localTime(issued.expires)). Enroll your device then: run
            `otp-enroll`. If you have not asked for it, tell your administrator.

            """.utf8)
        try Sendmail.send(mail, &text)
    }

    private func report(
        _ issued: Issued, _ recipient: MailAddress?, _ workplace: Workplace
    ) throws {
        if issued.isLocked {
            Output.note("warning: \(workplace.userName) is locked by wrong codes")
            Output.hint("`otp-enroll unlock \(workplace.userName)` ends that")
        }
        let isShown = recipient == nil && !copy
        if global.json {
            try Output.json([
                "user": .text(workplace.userName),
                "code": isShown ? .text(issued.code) : .null,
                "expires": .time(issued.expires),
            ])
            return
        }
        let end =
            "It logs in once, until \(Machine.localTime(issued.expires)); older ones have ended."
        if isShown {
            try Output.line("Temporary code for \(workplace.userName): \(issued.code)")
        } else if let recipient {
            try Output.line(
                "A temporary code for \(workplace.userName) was sent to \(recipient.text).")
        } else {
            try Output.line("A temporary code for \(workplace.userName) is on the clipboard.")
        }
        try Output.line(end)
    }

    // MARK: Ending and listing

    private func end(_ workplace: Workplace) throws {
        try workplace.change(.temporaryCodeRevoked) { record, now in
            guard let code = record.temporaryCode, code.used == 0, now < code.expires else {
                throw Failure("\(workplace.userName) has no temporary code that can be used")
            }
            record.revokeTemporaryCode()
        }
        if global.json {
            try Output.json(["user": .text(workplace.userName), "code": .null])
        } else {
            try Output.line("The temporary code of \(workplace.userName) has ended.")
        }
    }
}
