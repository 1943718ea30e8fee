import ArgumentParser
import OTPWire

/// `otp-enroll unlock`: forgives the failures.
struct Unlock: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "unlock", _superCommandName: OTPEnroll.name,
        abstract: "Forget a user's failed codes, so that the next one is looked at (as root).",
        usage: "otp-enroll unlock [<options>] <user>",
        discussion: """
            After five failures in a row there are waits of 30 seconds to 15 minutes, and after a \
            hundred only this helps. `otp-enroll status` shows where they came from.

              otp-enroll unlock alice
            """)

    @Argument(help: "Whom it is about.", completion: .users)
    var user: String

    @OptionGroup var global: GlobalOptions

    func run() throws {
        let context = try Context(global, user: user)
        let failures = try context.change(.unlock).failures ?? 0
        if global.json {
            try Output.json([
                "user": .text(context.userName), "failures": .number(Int64(failures)),
            ])
            return
        }
        let forgotten =
            failures == 0
            ? "There were no failures." : "\(Words.count(failures, "failure")) forgotten."
        try Output.line("\(context.userName) is unlocked. \(forgotten)")
    }
}
