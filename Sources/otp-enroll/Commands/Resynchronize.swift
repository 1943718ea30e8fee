import ArgumentParser
import OTPCore
import OTPStore

/// `otp-enroll resync`: finds a device whose clock or counter has run away.
struct Resynchronize: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "resync",
        abstract:
            "Find a device whose clock or counter has run away, by two of its codes (as root).",
        usage: "otp-enroll resync [<options>] [<user>]",
        discussion: """
            It takes two codes that the device shows one after the other. A clock may be off by \
            twelve hours, a counter by a thousand. Both codes are used up by it. For a phone, let \
            it set its clock by the network first: then nothing is to be done here.

              otp-enroll resync alice             asks for the two codes
              otp-enroll resync alice --name fob  only this authenticator
              printf '%s\\n' 123456 654321 | otp-enroll resync alice --json
            """)

    @OptionGroup var who: UserArgument

    @Option(help: "Which authenticator (default: whichever fits).", transform: Arguments.name)
    var name: Name?

    @OptionGroup var global: GlobalOptions

    func run() throws {
        let workplace = try Workplace(global, user: who.user)
        let names = try workplace.access.lookAtEnrolled { $0.authenticators.map(\.name) }
        if let name, !names.contains(name) {
            throw Failure(
                "\(workplace.userName) has no authenticator \"\(name.text)\"",
                hint: "`otp-enroll status \(workplace.userName)` lists them")
        }
        let resync = try ask()
        guard let session = try workplace.store()?.open(workplace.user) else {
            throw workplace.notEnrolled
        }
        defer { session.close() }
        let now = try SystemClock().now()
        let outcome = try workplace.attempt(as: .resynchronized).run(resync, on: session, at: now)
        try finish(outcome, workplace, session)
    }

    private func ask() throws -> Resync {
        var first = Terminal.readAnswer("A code: ")
        var second = Terminal.readAnswer("The next code of the same device: ")
        defer {
            Secret.wipe(&first)
            Secret.wipe(&second)
        }
        guard let resync = Resync(Answer(first.span), Answer(second.span), of: name) else {
            throw Failure(
                "it takes two codes of 6 to 8 digits, one after the other",
                hint: "wait until the device shows the next one")
        }
        return resync
    }

    private func finish(_ outcome: Outcome, _ workplace: Workplace, _ session: RecordFile) throws {
        let user = workplace.userName
        guard case .granted(.code(let name, let drift)) = outcome else {
            workplace.announce(outcome)
            let explanation = Explanation(outcome, authenticators: [])
            guard case .refused(.wrong) = outcome else {
                throw Failure(explanation.text(user: user), hints: explanation.hints)
            }
            throw Failure(
                "refused: these are no two codes in a row of any device of \(user)",
                hint: "they have to be of the same device, the later one last")
        }
        let found = session.withRecord { $0.authenticators.first { $0.name == name } }
        // Before the mail, which may take its time.
        session.close()
        let event = workplace.event(
            .resynchronized, detail: name.bytes, at: try SystemClock().now())
        workplace.announce(event)
        let isToken = found?.kind == .hotp
        if global.json {
            try Output.json([
                "user": .text(user), "name": .text(name.text), "drift": .count(drift),
                "counter": isToken ? .number(Int64(clamping: found?.nextStep ?? 0)) : .null,
            ])
            return
        }
        let place =
            isToken
            ? "its counter was found"
            : "its clock is \(Words.place(of: drift, period: found?.period ?? 30))"
        try Output.line("\"\(name.text)\" of \(user) works again: \(place).")
    }
}
