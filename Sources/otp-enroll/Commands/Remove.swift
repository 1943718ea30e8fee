import ArgumentParser
import OTPCore
import OTPWire

/// `otp-enroll remove`: removes an authenticator.
struct Remove: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "remove", _superCommandName: OTPEnroll.name,
        abstract: "Remove one authenticator, such as a lost phone; the others stay.",
        usage: "otp-enroll remove [<options>] [<user>] <name>",
        discussion: """
              otp-enroll remove phone         your authenticator "phone"
              otp-enroll remove alice tablet  alice's "tablet" (as root)

            The last one cannot be removed: `otp-enroll disable` ends the second factor. Ordinary users \
            have to give a code or a backup code first.
            """)

    @Argument(
        help: ArgumentHelp(
            "The authenticator's name; before it the user, if not yourself.",
            valueName: "name"),
        completion: .usersAndAuthenticators)
    var words: [String]

    @Flag(help: "Do not ask.")
    var yes = false

    @OptionGroup var global: GlobalOptions

    func validate() throws {
        guard (1...2).contains(words.count) else {
            throw ValidationError("Name an authenticator, and before it a user.")
        }
    }

    func run() throws {
        let user = words.count == 2 ? words.first : nil
        let context = try Context(global, user: user, for: .everybody)
        let wanted = words.last ?? ""
        let names = try context.enrolledAccount().authenticators.map(\.name)
        guard names.contains(wanted) else { throw context.unknown(wanted, among: names) }
        guard names.count > 1 else { throw context.last(wanted) }
        let name = Output.printable(wanted)
        let question = Phrase("Remove \"\(name)\" of \(context.userName)?")
        guard yes || Terminal.agrees(question.text) else {
            throw Failure(Phrase("\"\(name)\" stays"))
        }
        let ended = try context.change(.remove(name: wanted)).trustEnded ?? []
        let keys = ended.map { Output.printable($0) }
        let left = names.filter { $0 != wanted }.map { Output.printable($0) }
        if global.json {
            try Output.json([
                "user": .text(context.userName), "removed": .text(name),
                "authenticators": .list(left.map(JSON.text)),
                "trust_ended": .list(keys.map(JSON.text)),
            ])
            return
        }
        let rest = left.map { "\"\($0)\"" }.joined(separator: ", ")
        let said =
            Phrase("\"\(name)\" was removed; these stay: \(rest).") + UserText.trustEnded(keys)
        try Output.line(said.text)
    }
}
