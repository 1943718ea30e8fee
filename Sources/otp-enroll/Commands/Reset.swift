import ArgumentParser
import OTPCore
import OTPWire

/// `otp-enroll reset`: for a user who has lost everything.
struct Reset: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reset", _superCommandName: OTPEnroll.name,
        abstract: "Remove all that logs a user in, so that they enroll anew (root, help desk).",
        usage: "otp-enroll reset [<options>] <user>",
        discussion: """
              otp-enroll reset alice
              otp-enroll issue alice          and a temporary code for the next login

            Removes authenticators, backup codes, temporary code, trusted keys and failures; the record \
            keeps who reset it, and when. The next login follows the configuration: it is refused, \
            passes by `nullok`, or enrolls by `enroll`.

            This also replaces a record that is damaged, encrypted with a lost key, or left by a former \
            user with the same number. For users who are gone see `forget`; for users who were renamed \
            or renumbered see `move`.
            """)

    @Argument(help: "The user.", completion: .users)
    var user: String

    @Flag(help: "Do not ask.")
    var yes = false

    @OptionGroup var global: GlobalOptions

    func run() throws {
        let context = try Context(global, user: user, for: .helpDesk)
        let name = context.userName
        guard yes || Terminal.agrees("Remove everything that logs \(name) in?") else {
            throw Failure("nothing was removed")
        }
        if let trouble = try context.change(.reset).trouble?.error {
            Output.note(
                "warning: \(Output.printable(trouble.text)); it is replaced by an empty record")
        }
        if global.json {
            try Output.json(["user": .text(name), "enrolled": .bool(false)])
            return
        }
        try Output.line("\(name) was reset, and is no longer enrolled.")
        try Output.line("Next: `otp-enroll add \(name)` together with the user, or")
        try Output.line("`otp-enroll issue \(name)` for a temporary code.")
    }
}
