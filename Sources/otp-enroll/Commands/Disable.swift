import ArgumentParser
import OTPCore
import OTPStore

/// `otp-enroll disable`: no second factor any more.
struct Disable: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "End the second factor: remove all authenticators and backup codes.",
        usage: "otp-enroll disable [<options>] [<user>]",
        discussion: """
            Who is not root has to give a code or a backup code first, and the policy \
            `user_may_disable = no` leaves it to root. The list of what happened stays.

              otp-enroll disable              your own
              otp-enroll disable alice --yes  alice's, without asking (as root)
            """)

    @OptionGroup var who: UserArgument

    @Flag(help: "Do not ask.")
    var yes = false

    @OptionGroup var global: GlobalOptions

    func run() throws {
        let workplace = try Workplace(global, user: who.user)
        let user = workplace.userName
        guard Machine.isRoot || workplace.options.userMayDisable else {
            throw Failure(
                "the policy here leaves this to root (user_may_disable = no)",
                hint: "ask your administrator")
        }
        guard let store = try workplace.store(), try store.isEnrolled(workplace.user) else {
            throw workplace.notEnrolled
        }
        let question = "Remove all authenticators and backup codes of \(user)?"
        guard yes || Terminal.agrees(question) else { throw Failure("\(user) stays enrolled") }
        // No lock while somebody types.
        var typed =
            Machine.isRoot ? [] : Terminal.readAnswer(UserText.question)
        let answer = Answer(typed.span)
        Secret.wipe(&typed)
        guard let session = try store.open(workplace.user) else { throw workplace.notEnrolled }
        defer { session.close() }
        if !Machine.isRoot { try prove(answer, on: session, workplace) }
        let event = workplace.event(.disabled, at: try SystemClock().now())
        let hadApps = session.withRecord { record in
            defer {
                record.removeAll()
                record.note(event)
            }
            return !record.authenticators.isEmpty
        }
        try session.commit()
        // Before the mail, which may take its time.
        session.close()
        workplace.announce(event)
        if global.json {
            try Output.json(["user": .text(user), "enrolled": .bool(false)])
        } else {
            let rest = hadApps ? " Delete the entry in the app." : ""
            try Output.line("\(user) is not enrolled any more.\(rest)")
        }
    }

    /// Throws unless the answer would log the user in.
    private func prove(
        _ answer: borrowing Answer, on session: RecordFile, _ workplace: Workplace
    ) throws {
        let outcome = try workplace.attempt(answer, on: session)
        let explanation = Explanation(
            outcome, authenticators: session.withRecord { $0.authenticators })
        guard explanation.accepted else {
            throw Failure(
                explanation.text(user: workplace.userName), hints: explanation.hints)
        }
    }
}
