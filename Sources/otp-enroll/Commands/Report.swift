import ArgumentParser
import OTPCore
import OTPStore
import OTPWire

/// `otp-enroll report`: what an admin should know each week.
struct Report: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "report", _superCommandName: OTPEnroll.name,
        abstract: "Report who needs attention, and what the help desk did (as root).",
        usage: "otp-enroll report [<options>]",
        discussion: """
              otp-enroll report                             show it
              otp-enroll report --mail admins@example.com   send it instead
              otp-enroll report --json                      for scripts

            Names who is not enrolled, who is closed by a hundred wrong codes, who has no backup \
            codes or a key of fewer than 128 bits, and whose temporary code still works; records that \
            nobody can use; and what the help desk did in the last seven days. Each part comes with \
            the command that helps. Members of `exempt_group` need not be enrolled. --json has all \
            names, the text only the first of many.

            The mail is sent by swiftotp-messenger. If it cannot be sent, the report is shown, and the \
            exit status is 1. It is also 1 if a record cannot be read.

              systemctl enable --now swiftotp-report.timer

            sends a report to root each Monday; swiftotp-report.service says how to send it elsewhere.
            """)

    @Option(
        help: ArgumentHelp(
            "Send it to this address instead of showing it, such as root.", valueName: "address"),
        transform: Arguments.mailAddress)
    var mail: MailAddress?

    @OptionGroup var global: GlobalOptions

    func validate() throws {
        guard mail == nil || !global.json else {
            throw ValidationError("--mail sends a text: it takes no --json.")
        }
    }

    func run() throws {
        let context = try Context(global, user: nil)
        let report = try AdminReport(context, at: try SystemClock().now())
        if let mail {
            try send(report.text(width: ReportPage.mailWidth), to: mail, context)
        } else if global.json {
            try Output.json(report.json)
        } else {
            try Output.line(report.text(width: Terminal.textWidth))
        }
        if let failure = report.failure { throw failure }
    }

    private func send(_ text: String, to address: MailAddress, _ context: Context) throws {
        do throws(Failure) {
            let change = try context.change(.mailReport(to: address.text, text: text))
            if let why = change.unsent {
                throw Failure(
                    "no mail can be sent: \(Output.printable(why))",
                    hint: "the report is shown instead; swiftotp-messenger(8) sends the mails")
            }
        } catch {
            // The report is not lost with the mail.
            try Output.line(text)
            throw error
        }
        try Output.line("The report was sent to \(address.text).")
    }
}
