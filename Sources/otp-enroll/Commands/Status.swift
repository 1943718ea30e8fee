import ArgumentParser
import OTPCore
import OTPStore
import OTPWire

/// `otp-enroll status`: what a user has, and how the last logins went.
struct Status: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status", _superCommandName: OTPEnroll.name,
        abstract: "Show authenticators, trusted keys, backup codes left, failures, and events.",
        usage: "otp-enroll status [<options>] [<user>]",
        discussion: """
              otp-enroll status               about yourself
              otp-enroll status alice --json  about alice, for a script

            Events are listed from the last one on: when, what, with which authenticator or why, and \
            from where. Not being enrolled is not an error: the exit status is 0, and `enrolled` is \
            false.
            """)

    @OptionGroup var who: UserArgument
    @OptionGroup var global: GlobalOptions

    func run() throws {
        let context = try Context(global, user: who.user, for: .helpDesk)
        let summary = try Summary(of: context)
        if global.json {
            try Output.json(summary.json(user: context.userName))
        } else {
            let now = try SystemClock().now()
            try Output.line(summary.text(user: context.userName, now: now))
        }
    }
}
