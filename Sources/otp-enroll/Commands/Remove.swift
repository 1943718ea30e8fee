import ArgumentParser
import OTPCore

/// `otp-enroll remove`: one authenticator less.
struct Remove: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "remove",
        abstract: "Remove one authenticator, such as a lost phone; the others stay.",
        usage: "otp-enroll remove [<options>] [<user>] <name>",
        discussion: """
            The last one cannot be removed: `otp-enroll disable` ends the second factor. Who is \
            not root has to give a code or a backup code first.

              otp-enroll remove phone         your authenticator "phone"
              otp-enroll remove alice tablet  alice's "tablet" (as root)
            """)

    @Argument(
        help: ArgumentHelp(
            "The authenticator's name, with a user before it where it is not yourself.",
            valueName: "name"))
    var words: [String]

    @Flag(help: "Do not ask.")
    var yes = false

    @OptionGroup var global: GlobalOptions

    func validate() throws {
        guard (1...2).contains(words.count) else {
            throw ValidationError("It takes an authenticator's name, and a user before it.")
        }
    }

    func run() throws {
        let user = words.count == 2 ? words.first : nil
        let access = try Workplace(global, user: user, for: .everybody).access
        let wanted = words.last ?? ""
        let names = try access.lookAtEnrolled { $0.authenticators.map(\.name) }
        guard let name = names.first(where: { $0.text == wanted }) else {
            throw access.unknown(wanted)
        }
        guard names.count > 1 else { throw access.last(name) }
        guard yes || Terminal.agrees("Remove \"\(name.text)\" of \(access.userName)?") else {
            throw Failure("\"\(name.text)\" stays")
        }
        let left = try access.remove(name).map(\.text)
        if global.json {
            try Output.json([
                "user": .text(access.userName), "removed": .text(name.text),
                "authenticators": .list(left.map(JSON.text)),
            ])
            return
        }
        let rest = left.map { "\"\($0)\"" }.joined(separator: ", ")
        try Output.line("\"\(name.text)\" was removed; \(rest) stays.")
    }
}
