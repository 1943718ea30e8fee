import OTPCore
import OTPWire

// `otp-enroll add` for a user at a terminal.
extension Add {
    /// Shows `new`, asks for its code, and has it stored once one was right.
    func addConfirmed(
        _ new: NewAuthenticator, _ context: Context, _ warnings: [String]
    ) throws {
        if new.isToken {
            let interview = Interview(
                context: context, notices: warnings.map { "warning: \($0)" })
            return try interview.confirmToken(new) { change in
                try shown(change, of: context) { try report($0, of: context.userName) }
            }
        }
        // Held until the end: a Ctrl-C between storing and showing would lose the backup codes.
        let interruptions = try Interruptions()
        let file = try writeFile(new)
        let codes = qr == .none ? nil : QRCodes(of: new)
        let notices = qr == .none || codes != nil ? warnings : warnings + [Add.noPicture.text]
        do {
            let interview = Interview(
                context: context,
                notices: notices.map { $0.prefix(1).uppercased() + $0.dropFirst() + "." })
            let change = try interview.confirm(new, codes, qr, interruptions)
            try shown(change, of: context) { try report($0, of: context.userName) }
        } catch {
            file?.remove()
            throw error
        }
    }

    private func report(_ result: Enrolled, of user: String) throws {
        let width = Terminal.textWidth
        if result.wasThere {
            let text = Phrase(
                "\"\(result.name)\" of \(user) already has this key: nothing was changed.")
            return try Output.line(Words.wrapped(text.text, width).joined(separator: "\n"))
        }
        var text = Phrase("\(user) is enrolled: \"\(result.name)\" works.")
        if result.replaced { text = text + Phrase("Delete its old entry in the app.") }
        text = text + UserText.trustEnded(result.trustEnded)
        if result.skew != 0 { text = text + clockIsOff(by: result.skew) }
        if result.backupCodes.isEmpty {
            text = text + Phrase("The backup codes are the same as before.")
        }
        let next = Phrase(
            "Next: log in once more, and keep this session open until that has worked.")
        let lines =
            Words.wrapped(text.text, width) + [""]
            + BackupCodeSheet.lines(result.backupCodes, width: width)
            + (result.backupCodes.isEmpty ? [] : [""]) + Words.wrapped(next.text, width)
        try Output.line(lines.joined(separator: "\n"))
    }

    private func clockIsOff(by skew: Int) -> Phrase {
        let seconds = skew.magnitude
        return skew > 0
            ? Phrase(
                seconds, one: "The app's clock is at least \(seconds) second ahead.",
                other: "The app's clock is at least \(seconds) seconds ahead.")
                + Words.clockAdvice
            : Phrase(
                seconds, one: "The app's clock is at least \(seconds) second behind.",
                other: "The app's clock is at least \(seconds) seconds behind.")
                + Words.clockAdvice
    }
}
