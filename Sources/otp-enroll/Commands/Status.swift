import ArgumentParser
import OTPCore
import OTPStore

/// `otp-enroll status`: what a user has, and how the last logins went.
struct Status: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "Show authenticators, trusted keys, backup codes left, failures, and events.",
        usage: "otp-enroll status [<options>] [<user>]",
        discussion: """
              otp-enroll status               about yourself
              otp-enroll status alice --json  about alice, for a script

            What happened is listed from the last thing on: when, what, with which authenticator \
            or why, and from where. Not being enrolled is no failure: the exit status is 0, and \
            `enrolled` is false.
            """)

    @OptionGroup var who: UserArgument
    @OptionGroup var global: GlobalOptions

    func run() throws {
        let access = try Workplace(global, user: who.user, for: .everybody).access
        let clock = SystemClock()
        let (now, boot) = (try clock.now(), clock.boot())
        let policy = access.workplace.trustPolicy
        let summary =
            try access.look { Summary($0, at: now, boot: boot, trust: policy) } ?? Summary()
        if global.json {
            try Output.json(summary.json(user: access.userName))
        } else {
            try Output.line(summary.text(user: access.userName, now: now))
        }
    }
}
