import ArgumentParser
import OTPCore
import OTPWire

/// `otp-enroll verify`: tests a code as a login would.
struct Verify: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify", _superCommandName: OTPEnroll.name,
        abstract: "Test a code of any kind, and see why it is refused. This uses it up.",
        usage: "otp-enroll verify [<options>] [<user>]",
        discussion: """
              otp-enroll verify               asks for a code
              echo 123456 | otp-enroll verify alice --json

            The code counts as in a login: a right one cannot be used again, and wrong ones are counted \
            and slowed down. Exit status: 0 accepted, 1 refused.
            """)

    @OptionGroup var who: UserArgument
    @OptionGroup var global: GlobalOptions

    func run() throws {
        let context = try Context(global, user: who.user, for: .everybody)
        guard try context.account().isEnrolled else {
            return try finish(.notEnrolled, context.userName)
        }
        var typed = Terminal.readAnswer(UserText.question.text)
        defer { Secret.wipe(&typed) }
        switch try context.ask(.verify(code: String(decoding: typed, as: UTF8.self))) {
        case .outcome(let outcome): try finish(VerdictText(outcome), context.userName)
        case let other: throw context.failure(other)
        }
    }

    private func finish(_ verdict: VerdictText, _ user: String) throws {
        if global.json {
            try Output.line(verdict.json(user: user).lines)
            if !verdict.accepted { throw ExitCode.failure }
            return
        }
        try verdict.require(of: user)
        try Output.line(verdict.text(user: user))
    }
}
