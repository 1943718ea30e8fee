import ArgumentParser
import OTPCore
import OTPStore
import OTPWire

/// `otp-enroll language`: the language in which a user is addressed.
struct Speak: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "language", _superCommandName: OTPEnroll.name,
        abstract: "Show or set the language that logins speak after a right code.",
        usage: "otp-enroll language [<options>] [<language> [<user>]]",
        discussion: """
              otp-enroll language             what there is, and what is set
              otp-enroll language sv          Swedish for yourself
              otp-enroll language sv alice    for alice (as root)
              otp-enroll language default     what `language` in swiftotp.conf says

            Before a code was right, a login speaks the language of the configuration to everybody: \
            otherwise strangers would learn by it who is enrolled. otp-enroll itself goes by your \
            locale (LC_MESSAGES, LANGUAGE), and speaks English to root.
            """)

    @Argument(
        help: "Such as sv or pt_BR; default: the configuration's. Without it, shows what is set.",
        completion: .languages)
    var language: String?

    @Argument(help: "The user; default: yourself. Others need root.", completion: .users)
    var user: String?

    @OptionGroup var global: GlobalOptions

    func run() throws {
        let context = try Context(global, user: user, for: .everybody)
        if let language { try set(language, context) }
        let account = try context.account()
        let there = CatalogFile.languages.map(\.name)
        if global.json {
            return try Output.json([
                "user": .text(context.userName),
                "language": account.language.map(JSON.text) ?? .null,
                "available": .list(there.map(JSON.text)),
            ])
        }
        let user = context.userName
        let set =
            account.language.map { Phrase("Logins speak to \(user) in: \(Output.printable($0)).") }
            ?? Phrase("Logins speak to \(user) in the language of the configuration.")
        let known = Phrase("Languages here: \(there.joined(separator: ", ")).")
        try Output.line(language == nil ? set.text + "\n" + known.text : set.text)
    }

    private func set(_ text: String, _ context: Context) throws {
        var name: String?
        if text != "default" {
            guard let language = Language(text.utf8),
                let found = try? CatalogFile.find(language, version: Version.number)
            else {
                let list = CatalogFile.languages.map(\.name).joined(separator: ", ")
                throw Failure(
                    Phrase("there is no language \"\(Output.printable(text))\" here"),
                    hint: Phrase("there are these: \(list)"))
            }
            name = found.language.name
        }
        switch try context.ask(.speak(language: name, unlessSet: false)) {
        case .done: break
        case let other: throw context.failure(other)
        }
    }
}
