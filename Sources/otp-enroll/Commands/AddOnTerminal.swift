import OTPCore
import OTPStore

// `otp-enroll add` for a person who sits at the terminal.
extension Add {
    /// Shows `new`, asks for its code, and keeps it once one was right.
    func addConfirmed(
        _ new: consuming NewAuthenticator, _ wish: Enrollment.Wish, _ access: any Access,
        _ warnings: [String]
    ) throws {
        if new.isToken { return try addConfirmedToken(new, wish, access, warnings) }
        let code = try QRCode.squares(of: new.uri)
        // Held back to the end: a Ctrl-C between saving and showing would lose the backup codes.
        let interruptions = try Interruptions()
        let file = try writeFile(code)
        do {
            let interview = Interview(
                access: access, form: qr,
                notices: warnings.map { $0.prefix(1).uppercased() + $0.dropFirst() + "." })
            let confirmed = try interview.confirm(new, code, interruptions)
            new.authenticator.nextStep = confirmed.nextStep
            let result = try access.keep(new, wish)
            try shown(result, of: access.userName) {
                try report(result, confirmed, of: access.userName)
            }
        } catch {
            file?.remove()
            throw error
        }
    }

    /// The same for a token that has its key already.
    private func addConfirmedToken(
        _ new: consuming NewAuthenticator, _ wish: Enrollment.Wish, _ access: any Access,
        _ warnings: [String]
    ) throws {
        let interview = Interview(
            access: access, form: .none, notices: warnings.map { "warning: \($0)" })
        let confirmed = try interview.confirmToken(new)
        // Held back from here: a Ctrl-C between saving and showing would lose the backup codes.
        let interruptions = try Interruptions()
        new.authenticator.nextStep = confirmed.nextStep
        guard !interruptions.endIsAsked() else { throw Failure("ended, nothing was kept") }
        let result = try access.keep(new, wish)
        try shown(result, of: access.userName) {
            try report(result, confirmed, of: access.userName)
        }
    }

    private func report(
        _ result: Enrollment.Result, _ confirmed: Interview.Confirmed, of user: String
    ) throws {
        let width = Terminal.textWidth
        var text = "\(user) is enrolled: \"\(result.name.text)\" works."
        if result.replaced { text += " Delete its old entry in the app." }
        if confirmed.skew != 0 {
            let seconds = Words.count(confirmed.skew.magnitude, "second")
            let side = confirmed.skew > 0 ? "ahead" : "behind"
            text += " The app's clock is at least \(seconds) \(side): \(Words.clockAdvice)."
        }
        if result.backupCodes.isEmpty { text += " The backup codes are the same as before." }
        let next = "Next: log in once more, and keep this session open until that worked."
        let lines =
            Words.wrapped(text, width) + [""]
            + BackupCodeSheet.lines(result.backupCodes, width: width)
            + (result.backupCodes.isEmpty ? [] : [""]) + Words.wrapped(next, width)
        try Output.line(lines.joined(separator: "\n"))
    }
}
