import ArgumentParser
import OTPCore
import OTPWire

/// `otp-enroll disable`: turns the second factor off.
struct Disable: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "disable", _superCommandName: OTPEnroll.name,
        abstract: "End the second factor: remove all authenticators, codes and trusted keys.",
        usage: "otp-enroll disable [<options>] [<user>]",
        discussion: """
              otp-enroll disable              your own
              otp-enroll disable alice --yes  alice's, without asking (as root)

            Ordinary users have to give a code or a backup code first; with `user_may_disable = no` \
            only root can do this. The list of events stays.
            """)

    @OptionGroup var who: UserArgument

    @Flag(help: "Do not ask.")
    var yes = false

    @OptionGroup var global: GlobalOptions

    func run() throws {
        let context = try Context(global, user: who.user, for: .everybody)
        let user = context.userName
        guard try Machine.isRoot || context.policy().mayDisable else {
            throw context.mayNotDisable
        }
        let hadApps = try !context.enrolledAccount().authenticators.isEmpty
        let question = Phrase("Remove all authenticators and backup codes of \(user)?")
        guard yes || Terminal.agrees(question.text) else {
            throw Failure(Phrase("\(user) stays enrolled"))
        }
        _ = try context.change(.disable)
        if global.json {
            try Output.json(["user": .text(user), "enrolled": .bool(false)])
        } else {
            let rest = hadApps ? Phrase("Delete the entry in the app.") : nil
            try Output.line((Phrase("\(user) is no longer enrolled.") + rest).text)
        }
    }
}
