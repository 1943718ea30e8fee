import ArgumentParser
import OTPCore
import OTPStore

/// `otp-enroll codes`: new backup codes.
struct Codes: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Make ten new backup codes; the old ones end.",
        usage: "otp-enroll codes [<options>] [<user>]",
        discussion: """
            The codes are shown this once. On a terminal it asks first while old ones are left.

              otp-enroll codes                new ones for yourself
              otp-enroll codes alice --yes    for alice, without asking
            """)

    @OptionGroup var who: UserArgument

    @Flag(help: "Do not ask.")
    var yes = false

    @OptionGroup var global: GlobalOptions

    func run() throws {
        let workplace = try Workplace(global, user: who.user)
        let left = try workplace.lookAtEnrolled { $0.backupCodesLeft }
        if left > 0, !yes {
            let which = left == 1 ? "the code left" : "the \(left) codes left"
            guard Terminal.agrees("Replace \(which)?") else {
                throw Failure("the old backup codes stay")
            }
        }
        let codes = try workplace.change(.codesRenewed) { try renew(&$0, workplace, at: $1) }
        do {
            try show(codes, workplace.userName)
        } catch let failure as Failure {
            let hint = "the new codes were made and nobody knows them: make others"
            throw Failure(failure.message, hints: failure.hints + [hint])
        }
    }

    private func show(_ codes: [String], _ user: String) throws {
        if global.json {
            try Output.json([
                "user": .text(user), "backup_codes": .list(codes.map(JSON.text)),
            ])
            return
        }
        let end = "All older backup codes of \(user) have ended."
        let sheet = BackupCodeSheet.lines(codes, width: Terminal.textWidth)
        try Output.line((sheet + ["", end]).joined(separator: "\n"))
    }

    private func renew(
        _ record: inout Record, _ workplace: Workplace, at now: UInt64
    ) throws -> [String] {
        // Afresh: what was true when we looked may not be any more.
        guard record.isEnrolled else { throw workplace.notEnrolled }
        let random = SystemRandom()
        var codes: [String] = []
        try record.renewBackupCodes(
            at: now, random: { (count) throws(StoreError) in try random.bytes(count) },
            { codes.append($0) })
        return codes
    }
}
