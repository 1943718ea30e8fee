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
        guard let left = try workplace.look({ $0.backupCodesLeft }) else {
            throw workplace.notEnrolled
        }
        if left > 0, !yes {
            let which = left == 1 ? "the code left" : "the \(left) codes left"
            guard Terminal.agrees("Replace \(which)?") else {
                throw Failure("the old backup codes stay")
            }
        }
        let codes = try workplace.change { record in renew(&record) }
        if global.json {
            try Output.json([
                "user": .text(workplace.userName), "backup_codes": .list(codes.map(JSON.text)),
            ])
            return
        }
        let end = "All older backup codes of \(workplace.userName) have ended."
        let sheet = BackupCodeSheet.lines(codes, width: Terminal.textWidth)
        try Output.line((sheet + ["", end]).joined(separator: "\n"))
    }

    private func renew(_ record: inout Record) -> Result<[String], Failure> {
        let random = SystemRandom()
        var codes: [String] = []
        do throws(StoreError) {
            let now = try SystemClock().now()
            try record.renewBackupCodes(
                at: now, random: { (count) throws(StoreError) in try random.bytes(count) },
                { codes.append($0) })
            record.events.append(
                Event(.codesRenewed, at: now, detail: [], origin: Enrollment.origin))
            return .success(codes)
        } catch {
            return .failure(Failure(error))
        }
    }
}
