import OTPCore
import OTPStore

// `otp-enroll add` for a person who sits at the terminal.
extension Add {
    /// Shows `new`, asks for its code, and keeps it once one was right.
    func addConfirmed(
        _ new: consuming NewAuthenticator, _ enrollment: Enrollment, _ before: Enrollment.Before,
        _ warnings: [String]
    ) throws {
        guard try SystemClock().now() >= Attempt.earliestTime else {
            throw Failure("this machine's clock is years behind", hint: "set the clock first")
        }
        if new.isToken { return try addConfirmedToken(new, enrollment, before, warnings) }
        let code = try QRCode(new.uri)
        // Held back to the end: a Ctrl-C between saving and showing would lose the backup codes.
        let interruptions = try Interruptions()
        let file = try writeFile(code)
        do {
            let interview = Interview(
                workplace: enrollment.workplace, form: qr,
                notices: warnings.map { $0.prefix(1).uppercased() + $0.dropFirst() + "." })
            let confirmed = try interview.confirm(new, code, interruptions)
            new.authenticator.nextStep = confirmed.nextStep
            guard !interruptions.endIsAsked() else { throw Failure("ended, nothing was kept") }
            let result = try enrollment.save(new, before: before)
            try shown(result, enrollment.workplace) {
                try report(result, confirmed, enrollment.workplace)
            }
        } catch {
            file?.remove()
            throw error
        }
    }

    /// The same for a token that has its key already.
    private func addConfirmedToken(
        _ new: consuming NewAuthenticator, _ enrollment: Enrollment, _ before: Enrollment.Before,
        _ warnings: [String]
    ) throws {
        let interview = Interview(
            workplace: enrollment.workplace, form: .none, notices: warnings.map { "warning: \($0)" }
        )
        let confirmed = try interview.confirmToken(new)
        // Held back from here: a Ctrl-C between saving and showing would lose the backup codes.
        let interruptions = try Interruptions()
        new.authenticator.nextStep = confirmed.nextStep
        guard !interruptions.endIsAsked() else { throw Failure("ended, nothing was kept") }
        let result = try enrollment.save(new, before: before)
        try shown(result, enrollment.workplace) {
            try report(result, confirmed, enrollment.workplace)
        }
    }

    private func report(
        _ result: Enrollment.Result, _ confirmed: Interview.Confirmed, _ workplace: Workplace
    ) throws {
        let user = workplace.userName
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
