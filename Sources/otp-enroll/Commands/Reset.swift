import ArgumentParser
import OTPCore
import OTPWire

/// `otp-enroll reset`: for somebody who has lost everything.
struct Reset: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reset", _superCommandName: OTPEnroll.name,
        abstract: "Remove everything that logs a user in, so that they can enroll again (as root).",
        usage: "otp-enroll reset [<options>] <user>",
        discussion: """
            Authenticators, backup codes, temporary code, trusted keys and failures go; the record remembers \
            that it was reset, by whom and when. What the next login does is the policy's: it \
            refuses, or with `nullok` lets the user in to enroll.

            This also helps where the record itself is the trouble: damaged, sealed with a key \
            that is lost, or left by a former user with the same number. \
            What a user has left who is gone is for `forget`; who was renamed or renumbered keeps \
            everything by `move`.

              otp-enroll reset alice
              otp-enroll issue alice          and a temporary code for the next login
            """)

    @Argument(help: "Whom it is about.", completion: .users)
    var user: String

    @Flag(help: "Do not ask.")
    var yes = false

    @OptionGroup var global: GlobalOptions

    func run() throws {
        let context = try Context(global, user: user)
        let name = context.userName
        guard yes || Terminal.agrees("Remove everything that logs \(name) in?") else {
            throw Failure("nothing was removed")
        }
        if let trouble = try context.change(.reset).trouble?.error {
            Output.note(
                "warning: \(Output.printable(trouble.text)); it is replaced by an empty one")
        }
        if global.json {
            try Output.json(["user": .text(name), "enrolled": .bool(false)])
            return
        }
        try Output.line("\(name) was reset, and is not enrolled any more.")
        try Output.line("Next: `otp-enroll add \(name)` together with the user, or")
        try Output.line("`otp-enroll issue \(name)` for a temporary code.")
    }
}
