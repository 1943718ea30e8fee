import ArgumentParser
import OTPCore
import OTPStore

/// `otp-enroll status`: what a user has, and how the last logins went.
struct Status: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show authenticators, backup codes left, failures, and what happened last.",
        usage: "otp-enroll status [<options>] [<user>]",
        discussion: """
              otp-enroll status               about yourself
              otp-enroll status alice --json  about alice, for a script

            Not being enrolled is no failure: the exit status is 0, and `enrolled` is false.
            """)

    @OptionGroup var who: UserArgument
    @OptionGroup var global: GlobalOptions

    func run() throws {
        let workplace = try Workplace(global, user: who.user)
        let now = try SystemClock().now()
        let summary = try workplace.look { Summary($0, at: now) }
        if global.json {
            let told = summary ?? Summary()
            try Output.json(told.json(user: workplace.userName, enrolled: summary != nil))
        } else if let summary {
            try Output.line(summary.text(user: workplace.userName, now: now))
        } else {
            try Output.line("\(workplace.userName) is not enrolled.")
        }
    }
}
