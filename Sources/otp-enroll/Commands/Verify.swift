import ArgumentParser
import OTPCore

/// `otp-enroll verify`: tries a code as a login would.
struct Verify: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Try a code of any kind, and hear why it is refused. This uses it up.",
        usage: "otp-enroll verify [<options>] [<user>]",
        discussion: """
            The code counts as in a login: a right one cannot be used again, and wrong ones are \
            counted and slowed down.

              otp-enroll verify               asks for a code
              echo 123456 | otp-enroll verify alice --json

            Exit status: 0 accepted, 1 refused.
            """)

    @OptionGroup var who: UserArgument
    @OptionGroup var global: GlobalOptions

    func run() throws {
        let access = try Workplace(global, user: who.user, for: .everybody).access
        guard try access.isEnrolled() else {
            return try finish(Explanation(.refused(.noRecord), authenticators: []), access)
        }
        var typed = Terminal.readAnswer(UserText.question)
        try finish(try access.attempt(&typed), access)
    }

    private func finish(_ explanation: Explanation, _ access: any Access) throws {
        if global.json {
            try Output.line(explanation.json(user: access.userName).lines)
            if !explanation.accepted { throw ExitCode.failure }
            return
        }
        try explanation.require(of: access.userName)
        try Output.line(explanation.text(user: access.userName))
    }
}
