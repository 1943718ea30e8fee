import ArgumentParser
import OTPCore
import OTPWire

/// `otp-enroll unlock`: forgives the failures.
struct Unlock: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "unlock", _superCommandName: OTPEnroll.name,
        abstract: "Forget a user's failed codes, so that the next is checked (root, help desk).",
        usage: "otp-enroll unlock [<options>] <user>",
        discussion: """
              otp-enroll unlock alice              now
              otp-enroll unlock alice --after 2h   in two hours (1m to 30d)

            After five failures in a row there are waits of 30 seconds to 15 minutes, and after a \
            hundred only this command, a backup code or a temporary code helps. `otp-enroll status` \
            shows where the failures came from.
            """)

    @Argument(help: "The user.", completion: .users)
    var user: String

    @Option(
        help: ArgumentHelp(
            "Unlock after this time: 1m to 30d, such as 90m, 2h (default: now).",
            valueName: "time"),
        transform: { try Arguments.duration($0, in: Throttle.unlockRange) })
    var after: UInt64?

    @OptionGroup var global: GlobalOptions

    func run() throws {
        let context = try Context(global, user: user, for: .helpDesk)
        let done = try context.change(.unlock(after: after))
        let failures = done.failures ?? 0
        if global.json {
            try Output.json([
                "user": .text(context.userName), "failures": .number(Int64(failures)),
                "opens": done.opens.map { .time($0) } ?? .null,
            ])
            return
        }
        if let opens = done.opens {
            try Output.line(
                "\(context.userName) is unlocked at \(Machine.localTime(opens)). Until then, "
                    + "\(Words.count(failures, "failure")) and more count as before.")
            return
        }
        let forgotten =
            failures == 0
            ? "There were no failures." : "\(Words.count(failures, "failure")) forgotten."
        try Output.line("\(context.userName) is unlocked. \(forgotten)")
    }
}
