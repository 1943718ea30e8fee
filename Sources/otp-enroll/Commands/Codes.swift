import ArgumentParser
import OTPCore
import OTPWire

/// `otp-enroll codes`: new backup codes.
struct Codes: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "codes", _superCommandName: OTPEnroll.name,
        abstract: "Make ten new backup codes; the old ones stop working.",
        usage: "otp-enroll codes [<options>] [<user>]",
        discussion: """
              otp-enroll codes                new ones for yourself
              otp-enroll codes alice --yes    for alice, without asking

            The codes are shown only this once. On a terminal it asks first if old ones are left. \
            Ordinary users have to give a code or one of the old backup codes.
            """)

    @OptionGroup var who: UserArgument

    @Flag(help: "Do not ask.")
    var yes = false

    @OptionGroup var global: GlobalOptions

    func run() throws {
        let context = try Context(global, user: who.user, for: .everybody)
        let left = try context.enrolledAccount().backupCodesLeft
        if left > 0, !yes {
            let question = Phrase(
                left, one: "Replace the \(left) code left?",
                other: "Replace the \(left) codes left?")
            guard Terminal.agrees(question.text) else {
                throw Failure(Phrase("the old backup codes stay"))
            }
        }
        let codes = try context.change(.renewBackupCodes).backupCodes ?? []
        do {
            try show(codes.map { Output.printable($0) }, context.userName)
        } catch let failure as Failure {
            let hint = Phrase("the new codes were made but not shown: make others")
            throw Failure(failure.message, hints: failure.hints + [hint.text])
        }
    }

    private func show(_ codes: [String], _ user: String) throws {
        if global.json {
            try Output.json([
                "user": .text(user), "backup_codes": .list(codes.map(JSON.text)),
            ])
            return
        }
        let end = Phrase("All older backup codes of \(user) stopped working.").text
        let sheet = BackupCodeSheet.lines(codes, width: Terminal.textWidth)
        try Output.line((sheet + ["", end]).joined(separator: "\n"))
    }
}
