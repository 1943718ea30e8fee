import ArgumentParser
import FleetNetwork
import OTPCore
import OTPStore
import OTPWire

/// `swiftotp-server report`
struct Report: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Report who and what needs attention, and what the help desk did.",
        discussion: """
                swiftotp-server report                             show it
                swiftotp-server report --mail admins@example.com   send it instead
                swiftotp-server report --json                      for scripts

            Names who is closed by a hundred wrong codes, who has no backup codes or a key of fewer than \
            128 bits, and whose temporary code still works; records that nobody can use; what the help \
            desk did in the last seven days; hosts in quarantine, revoked, changed in the database or not \
            heard of for a week; answers for offline hosts; open invites; and when certificates end. Each \
            part comes with the command that helps. --json has all names, the text only the first of \
            many. Times are UTC. A user of another realm than main is named as lab:alice.

            The mail is sent by swiftotp-messenger on this server. If it cannot be sent, the report is \
            shown, and the exit status is 1. It is also 1 if a record cannot be opened.

                systemctl enable --now swiftotp-server-report.timer

            sends a report to root each Monday; swiftotp-server-report.service says how to send it \
            elsewhere. One server is enough.
            """)

    @OptionGroup var folder: FolderOption
    @Option(
        help: ArgumentHelp(
            "Send it to this address instead of showing it, such as root.", valueName: "address"),
        transform: Report.address)
    var mail: MailAddress?
    @Flag(help: "Print one JSON object, for scripts.")
    var json = false

    private static func address(_ text: String) throws -> MailAddress {
        guard let address = MailAddress(text) else {
            throw ValidationError(MailAddress.expectation)
        }
        return address
    }

    func validate() throws {
        guard mail == nil || !json else {
            throw ValidationError("--mail sends a text: it takes no --json.")
        }
    }

    func run() throws {
        let folder = try folder.open()
        let report = try FleetReport(of: folder, at: try SystemClock().now())
        if let mail {
            try send(report.text(), to: mail, of: folder)
        } else {
            print(json ? JSON.members(report.json).lines : report.text())
        }
        let count = report.uselessRecords.count
        guard count == 0 else {
            throw FleetProblem(
                "\(Counted.text(count, "record")) cannot be opened: the report says why")
        }
    }

    private func send(_ text: String, to address: MailAddress, of folder: ServerFolder) throws {
        let messages = PendingMessages(
            host: ServerFolder.host, fleet: folder.configuration.fleet, language: .english)
        do throws(MessengerClient.Problem) {
            try messages.send(report: text, to: address)
            for message in messages.messages { try Outbox.handOver(message) }
        } catch {
            // The report is not lost with the mail.
            print(text)
            throw FleetProblem(
                "no mail can be sent: \(error.text.withoutSteering); the report is shown instead, and"
                    + " swiftotp-messenger(8) sends the mails")
        }
        print("The report was sent to \(address.text).")
    }
}
