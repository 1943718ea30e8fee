import ArgumentParser
import OTPCore
import OTPWire

/// `otp-enroll resync`: finds a device's clock or counter that is off.
struct Resynchronize: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "resync", _superCommandName: OTPEnroll.name,
        abstract:
            "Find a device whose clock or counter has drifted, by two of its codes (as root).",
        usage: "otp-enroll resync [<options>] [<user>]",
        discussion: """
              otp-enroll resync alice             asks for the two codes
              otp-enroll resync alice --name fob  only this authenticator
              printf '%s\\n' 123456 654321 | otp-enroll resync alice --json

            Type two codes that the device shows one after the other. A clock may be off by twelve \
            hours, a counter by a thousand. Both codes are used up. Set a phone's clock from the network \
            first: then this is not needed. In a fleet, users may do it themselves.
            """)

    @OptionGroup var who: UserArgument

    @Option(
        help: "Which authenticator (default: whichever matches).", completion: .authenticators,
        transform: Arguments.name)
    var name: Name?

    @OptionGroup var global: GlobalOptions

    func run() throws {
        let context = try Context(global, user: who.user, for: .everybody)
        try checkRight(in: context)
        let names = try context.enrolledAccount().authenticators.map(\.name)
        if let name, !names.contains(name.text) {
            throw context.unknown(name.text, among: names)
        }
        var first = Terminal.readAnswer("A code: ")
        var second = Terminal.readAnswer("The next code of the same device: ")
        defer {
            Secret.wipe(&first)
            Secret.wipe(&second)
        }
        guard Resync(Answer(first.span), Answer(second.span), of: name) != nil else {
            throw Failure(
                "type two codes of 6 to 8 digits, one after the other",
                hint: "wait until the device shows the next one")
        }
        let command = Command.resync(
            first: String(decoding: first, as: UTF8.self),
            second: String(decoding: second, as: UTF8.self), name: name?.text)
        switch try context.ask(command) {
        case .done(let change): try report(change, context.userName)
        case .outcome(let outcome): throw refusal(outcome, context.userName)
        case let other: throw context.failure(other)
        }
    }

    /// Ends it where only root may, before anybody types codes: users may themselves in a fleet.
    private func checkRight(in context: Context) throws {
        guard !context.isOwner else { return }
        let reply = try context.ask(.resync(first: "", second: "", name: nil))
        if case .denied = reply { throw context.failure(reply) }
    }

    private func refusal(_ outcome: OutcomeDocument, _ user: String) -> Failure {
        guard case .wrong = outcome.refusal else {
            let verdict = VerdictText(outcome)
            return Failure(verdict.text(user: user), hints: verdict.hints)
        }
        return Failure(
            "refused: these are not two consecutive codes of any device of \(user)",
            hint: "they must be from the same device, in order")
    }

    private func report(_ change: ChangeDocument, _ user: String) throws {
        guard let found = change.authenticator, let drift = change.drift else {
            throw Failure.otherVersion
        }
        let name = Output.printable(found.name)
        if global.json {
            try Output.json([
                "user": .text(user), "name": .text(name), "drift": .count(drift),
                "counter": found.isCounter ? .number(Int64(clamping: found.nextStep)) : .null,
            ])
            return
        }
        let place =
            found.isCounter
            ? "its counter was found"
            : "its clock is \(Words.place(of: drift, period: found.period).english)"
        try Output.line("\"\(name)\" of \(user) works again: \(place).")
    }
}
