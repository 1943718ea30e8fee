import ArgumentParser
import OTPCore
import OTPStore

/// `otp-enroll reset`: for somebody who has lost everything.
struct Reset: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reset",
        abstract: "Remove everything that logs a user in, so that they can enroll again (as root).",
        usage: "otp-enroll reset [<options>] <user>",
        discussion: """
            Authenticators, backup codes, temporary code, trusted keys and failures go; the record remembers \
            that it was reset, by whom and when. What the next login does is the policy's: it \
            refuses, or with `nullok` lets the user in to enroll.

            This also helps where the record itself is the trouble: damaged, sealed with a key \
            that is lost, or left by a former user with the same number.

              otp-enroll reset alice
              otp-enroll issue alice          and a temporary code for the next login
            """)

    @Argument(help: "Whom it is about.", completion: .users)
    var user: String

    @Flag(help: "Do not ask.")
    var yes = false

    @OptionGroup var global: GlobalOptions

    func run() throws {
        let workplace = try Workplace(global, user: user)
        let name = workplace.userName
        guard yes || Terminal.agrees("Remove everything that logs \(name) in?") else {
            throw Failure("nothing was removed")
        }
        try reset(workplace)
        if global.json {
            try Output.json(["user": .text(name), "enrolled": .bool(false)])
            return
        }
        try Output.line("\(name) was reset, and is not enrolled any more.")
        try Output.line("Next: `otp-enroll add \(name)` together with the user, or")
        try Output.line("`otp-enroll issue \(name)` for a temporary code.")
    }

    private func reset(_ workplace: Workplace) throws {
        do {
            try workplace.change(.reset) { record, _ in record.removeAll() }
        } catch let error as StoreError {
            guard Reset.isTheRecordsOwn(error), let store = try workplace.store() else {
                throw error
            }
            Output.note("warning: \(Output.printable(error.text)); it is replaced by an empty one")
            try store.remove(workplace.user)
            try workplace.edit(makesRecord: true) { record, now in
                record.removeAll()
                return ((), workplace.event(.reset, at: now))
            }
        }
    }

    /// Whether nobody can open this record any more, rather than the whole store.
    private static func isTheRecordsOwn(_ error: StoreError) -> Bool {
        switch error.code {
        case .damaged, .otherUser, .otherKey: true
        default: false
        }
    }
}
