import ArgumentParser
import OTPCore
import OTPStore

/// `otp-enroll verify`: tries a code as a login would.
struct Verify: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Try a code or backup code, and hear why it is refused. This uses it up.",
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
        let workplace = try Workplace(global, user: who.user)
        guard let store = try workplace.store(), try store.isEnrolled(workplace.user) else {
            return try finish(.refused(.noRecord), workplace, [])
        }
        var typed = Terminal.readAnswer(UserText.question)
        let answer = Answer(typed.span)
        Secret.wipe(&typed)
        guard let session = try store.open(workplace.user) else {
            return try finish(.refused(.noRecord), workplace, [])
        }
        defer { session.close() }
        let outcome = try workplace.attempt(answer, on: session)
        try finish(outcome, workplace, session.withRecord { $0.authenticators })
    }

    private func finish(
        _ outcome: Outcome, _ workplace: Workplace, _ authenticators: [Authenticator]
    ) throws {
        let explanation = Explanation(outcome, authenticators: authenticators)
        if global.json {
            try Output.line(explanation.json(user: workplace.userName).lines)
            if !explanation.accepted { throw ExitCode.failure }
            return
        }
        guard explanation.accepted else {
            throw Failure(explanation.text(user: workplace.userName), hints: explanation.hints)
        }
        try Output.line(explanation.text(user: workplace.userName))
    }
}
