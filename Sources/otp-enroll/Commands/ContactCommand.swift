import ArgumentParser
import OTPCore
import OTPWire

/// `otp-enroll contact`: where codes are sent to a user who asks for one at a login.
struct ContactCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "contact", _superCommandName: OTPEnroll.name,
        abstract: "Show or set where codes by mail or text message go.",
        usage: "otp-enroll contact [<options>] [<user>]",
        discussion: """
              otp-enroll contact                               your own
              otp-enroll contact --mail alice@example.com      codes by mail
              otp-enroll contact --sms +4712345678             codes by text message
              otp-enroll contact alice --sms +4712345678       alice's (as root, or the help desk)
              otp-enroll contact --sms none                    none any more

            With `deliver = mail sms` in the configuration, a login that has checked your password or \
            key sends you a code if you answer its question with `m` or `s`; `?` lists what there is. \
            Whoever reads your mail or has your number can then log in with your password: leave it \
            out if you can.

            To change your own you give one of your codes, and the code that is sent to the new \
            address. The old address is told.
            """)

    @Argument(
        help: "The user; default: yourself. Others need root or the help desk.",
        completion: .users)
    var user: String?

    @Option(
        help: ArgumentHelp("Send codes to this mail address; none: to none.", valueName: "address"))
    var mail: String?

    @Option(
        help: ArgumentHelp(
            "Send codes to this telephone number, such as +4712345678; none: to none.",
            valueName: "number"))
    var sms: String?

    @OptionGroup var global: GlobalOptions

    /// What the options ask for: an address, or none.
    private var wishes: [(kind: MessageKind, text: String)] {
        [(MessageKind.mail, mail), (.sms, sms)].compactMap { kind, text in text.map { (kind, $0) } }
    }

    func validate() throws {
        for (kind, text) in wishes where text != "none" {
            guard Contact(kind, text, since: 0) != nil else {
                throw ValidationError(
                    "\"\(text)\" does not do for --\(kind.word): \(Contact.expectation(of: kind)).")
            }
        }
    }

    func run() throws {
        let context = try Context(global, user: user, for: .helpDesk)
        // On one connection a helper of a fleet gives one code for both.
        let isHelper = context.user.uid != Machine.caller && !wishes.isEmpty
        let contacts =
            isHelper
            ? try context.service.series { try makeWishesTrue(context) }
            : try makeWishesTrue(context)
        let name = context.userName
        if global.json {
            return try Output.json([
                "user": .text(name), "contacts": .list(contacts.map(\.json)),
                "deliver": .list(context.policy().deliver.map(JSON.text)),
            ])
        }
        guard !contacts.isEmpty else {
            return try Output.line(Phrase("No codes are sent to \(name).").text)
        }
        for contact in contacts {
            let place = Output.printable(contact.address)
            let line =
                contact.kind == MessageKind.mail.word
                ? Phrase("Codes for \(name) go by mail to \(place).")
                : Phrase("Codes for \(name) go by text message to \(place).")
            try Output.line(line.text)
        }
        try remark(contacts, context)
    }

    /// Sets what is wished for, and looks at what there is then.
    private func makeWishesTrue(_ context: Context) throws -> [ContactDocument] {
        for (kind, text) in wishes { try set(kind, text, context) }
        return try context.account().contacts ?? []
    }

    /// Says what the configuration does not send.
    private func remark(_ contacts: [ContactDocument], _ context: Context) throws {
        let deliver = try context.policy().deliver
        guard contacts.contains(where: { !deliver.contains($0.kind) }) else { return }
        let list = deliver.joined(separator: ", ")
        let phrase =
            deliver.isEmpty
            ? Phrase("The configuration has no codes sent (`deliver`).")
            : Phrase("The configuration has codes sent only by: \(list).")
        try Output.line(phrase.text)
    }

    private func set(_ kind: MessageKind, _ text: String, _ context: Context) throws {
        let address = text == "none" ? nil : Contact(kind, text, since: 0)?.text
        if address == nil {
            // Without a code: there may be nothing to end.
            let contacts = try context.account().contacts ?? []
            guard contacts.contains(where: { $0.kind == kind.word }) else { return }
        }
        switch try context.askWithProof(.contact(kind: kind.word, address: address)) {
        case .done, .denied(.noContact): break
        case .contactBegun(let ticket): try confirm(ticket, address ?? text, context)
        case let other: throw context.failure(other)
        }
    }

    /// Asks for the code that was sent to the new address. After a wrong one the ticket stays good,
    /// so it asks again.
    private func confirm(_ ticket: String, _ place: String, _ context: Context) throws {
        Output.note(Phrase("a code was sent to \(place)").text)
        for left in (0..<3).reversed() {
            var typed = Terminal.readAnswer(Phrase("Code from the message: ").text)
            defer { Secret.wipe(&typed) }
            guard !typed.isEmpty else { break }
            let code = String(decoding: typed, as: UTF8.self)
            switch try context.ask(.confirmContact(ticket: ticket, code: code)) {
            case .done: return
            case .denied(.ticketVoid):
                throw Failure(
                    Phrase("that took too long, or something else has changed; nothing was saved"),
                    hint: Phrase("run the command again"))
            case .outcome(let outcome):
                guard left > 0, outcome.refusal?.allowsAnotherTry == true else {
                    return try VerdictText(outcome).require(of: context.userName)
                }
                Output.note(Phrase("that is not the code from the message").text)
            case let other: throw context.failure(other)
            }
        }
        throw Failure(Phrase("nothing was saved"))
    }
}
