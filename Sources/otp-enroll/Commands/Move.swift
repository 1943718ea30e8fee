import ArgumentParser
import OTPCore
import OTPStore
import OTPWire

/// `otp-enroll move`: users who got another name or UID.
struct Move: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "move", _superCommandName: OTPEnroll.name,
        abstract: "Give a renamed or renumbered user their record back (root, admins of a fleet).",
        usage: """
            otp-enroll move [<options>] <old> <new>
            otp-enroll move [<options>] --all --map <file>
            """,
        discussion: """
              otp-enroll move bob robert          bob is now called robert
              otp-enroll move 1001 bob            bob had the number 1001 before
              otp-enroll move --all --map names   one line for each: bob bob@example.com

            A record belongs to a name and a number together. After `usermod -l` or `usermod -u`, or if \
            a directory starts to spell names differently, its user cannot log in, not even with \
            `nullok`, until this command says that it is the same person. Everything in it stays, \
            including which codes were used. It is refused while a user with the old name and number \
            exists, and if the new one has anything that logs in.

            --all shows first what would happen, and asks. Exit status: 0 everything was moved, or \
            there was nothing to move; 1 something was not.
            """)

    @Argument(help: "The old name or number.")
    var old: String?

    @Argument(help: "The new name or number.", completion: .users)
    var new: String?

    @Flag(help: "Everybody in the map.")
    var all = false

    @Option(
        help: ArgumentHelp("With --all: an old and a new user per line.", valueName: "file"),
        completion: .file())
    var map: String?

    @Flag(help: "Show what would happen, and change nothing.")
    var dryRun = false

    @Flag(help: "Do not ask.")
    var yes = false

    @OptionGroup var global: GlobalOptions

    func validate() throws {
        if all || map != nil {
            guard all, map != nil, old == nil else {
                throw ValidationError("Name an old and a new user, or use --all and --map.")
            }
        } else if new == nil {
            throw ValidationError("Name an old and a new user, or use --all and --map.")
        }
    }

    func run() throws {
        if let map { return try moveAll(try MoveMap.read(map)) }
        guard let old, let new else { return }
        let context = try Context(global, user: try Move.name(new), for: .helpDesk)
        let reply = try context.ask(.move(from: old, rehearses: dryRun))
        guard case .done(let change) = reply else { throw Move.failure(reply, old, context) }
        let name = Output.printable(change.record?.users.first ?? old)
        let number = change.record?.uid ?? 0
        if global.json {
            try Output.json([
                "user": .text(context.userName), "old": .text(name),
                "number": .number(Int64(number)), "moved": .bool(!dryRun),
            ])
            return
        }
        try Output.line(
            dryRun
                ? "The record of \(name) (\(number)) would go to \(context.userName)."
                : "The record of \(name) (\(number)) now belongs to \(context.userName).")
    }

    /// The name of the user given on the command line by name or UID.
    static func name(_ text: String) throws -> String {
        let users = SystemUsers()
        if try users.user(named: Array(text.utf8)) != nil { return text }
        guard let number = UInt32(text), let user = try users.user(withID: number) else {
            return text
        }
        return String(decoding: user.name, as: UTF8.self)
    }

    /// Why a record was not moved.
    static func failure(_ reply: Reply.Result, _ old: String, _ context: Context) -> Failure {
        switch reply {
        case .denied(.noRecord): .noRecord(of: old)
        case .denied(.isHere(let name)):
            Failure(
                "\(Output.printable(name)) is still a user here, of the same number",
                hint: "a record can only be moved from a user's former name or number")
        case .denied(.isEnrolled):
            Failure(
                "\(context.userName) is already enrolled",
                hint: "`otp-enroll reset \(context.userName)` first, or `otp-enroll forget` the"
                    + " other one")
        default: context.failure(reply)
        }
    }

    // MARK: All of a map

    private func moveAll(_ map: MoveMap) throws {
        // A caller without permission is told so before anything is read.
        let context = try Context(global, user: nil)
        var report = MoveReport(map.lines, isRehearsal: dryRun, asJSON: global.json)
        try context.service.series {
            report.look(in: context)
            if !global.json { try report.showRehearsal() }
            guard !dryRun, report.movable > 0 else { return }
            let question = "Move \(Words.count(report.movable, "record"))?"
            guard yes || Terminal.agrees(question) else { throw Failure("nothing was moved") }
            report.move(in: context)
        }
        try report.finish()
    }
}
