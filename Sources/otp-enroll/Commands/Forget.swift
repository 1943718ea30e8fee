import ArgumentParser
import OTPCore
import OTPWire

/// `otp-enroll forget`: removes the record of a user who is gone.
struct Forget: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "forget", _superCommandName: OTPEnroll.name,
        abstract: "Remove the record of a user who is gone (as root).",
        usage: "otp-enroll forget [<options>] <uid>",
        discussion: """
              otp-enroll forget 1001

            After `userdel` the record stays, and lets nobody in: it belongs to a name and a number \
            together. `otp-enroll list` shows such records. It is refused while a user with that number \
            and name exists: use `otp-enroll reset`. Users who were renamed or renumbered keep \
            everything with `otp-enroll move`.
            """)

    @Argument(help: "The number of the user who is gone, or the name.")
    var uid: String

    @Flag(help: "Do not ask.")
    var yes = false

    @OptionGroup var global: GlobalOptions

    func run() throws {
        let context = try Context(global, user: nil)
        let shown = Output.printable(uid)
        guard yes || Terminal.agrees("Remove the record of \(shown)?") else {
            throw Failure("nothing was removed")
        }
        let change: ChangeDocument
        switch try context.ask(.forget(record: uid)) {
        case .done(let done): change = done
        case .denied(.noRecord): throw Failure.noRecord(of: uid)
        case .denied(.isHere(let name)):
            throw Failure(
                "\(Output.printable(name)) is a user here, of the same number",
                hint: "`otp-enroll reset \(Output.printable(name))` removes what logs them in")
        case let other: throw context.failure(other)
        }
        let (number, name) = (change.record?.uid ?? 0, change.record?.users.first)
        if global.json {
            try Output.json([
                "number": .number(Int64(number)),
                "user": name.map { .text(Output.printable($0)) } ?? .null,
            ])
            return
        }
        let whose = name.map { " of \(Output.printable($0))" } ?? ""
        try Output.line("Record \(number)\(whose) is gone.")
    }
}
