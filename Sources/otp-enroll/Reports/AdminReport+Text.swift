import OTPCore
import OTPWire

// The text of `report`, for a terminal, a file or a mail.
extension AdminReport {
    /// The report in lines of at most `width` columns, without a newline at its end.
    func text(width: Int) -> String {
        let page = ReportPage(width: width)
        let place = "\(Output.printable(Machine.hostName)), \(Machine.localTime(now))"
        let count = Words.count(users, "user")
        let others = exempt.isEmpty ? "" : ", \(exempt.count) exempt"
        let all = exempt.isEmpty ? "all" : "\(people.enrolled)"
        var lines: [String]
        if isQuiet {
            lines = page.wrapped(
                "Nothing to report on \(place): \(count), \(all) enrolled\(others).")
        } else {
            lines = page.wrapped(
                "One-time codes on \(place): \(people.enrolled) of \(count) enrolled\(others).")
            lines += usersInNeed(page) + records(page) + helpDesk(page)
        }
        if let doubt { lines += [""] + page.wrapped("Note: \(doubt).") }
        return lines.joined(separator: "\n")
    }

    private func usersInNeed(_ page: ReportPage) -> [String] {
        let help = PeopleReport.Help(
            closed: "where they came from: otp-enroll status NAME; open: otp-enroll unlock NAME",
            lockedOut: "another one: otp-enroll issue NAME",
            withoutBackupCodes: "new ones: otp-enroll codes NAME",
            withShortKeys: "which, and how to replace them: otp-enroll status NAME",
            temporaryCodes: "revoke: otp-enroll issue --revoke NAME",
            allTemporaryCodes: "otp-enroll issue --list")
        return page.section(
            "Not enrolled", notEnrolled,
            "enroll: otp-enroll add NAME; all: otp-enroll list --not-enrolled")
            + people.sections(on: page, help, time: Machine.localTime)
    }

    private func records(_ page: ReportPage) -> [String] {
        page.section(
            "Records that nobody can use",
            rows: uselessRecords.map { "\($0.problem): \($0.command)" }, all: "otp-enroll list")
    }

    private func helpDesk(_ page: ReportPage) -> [String] {
        let count = Words.count(acts.count, "act") + (hasMoreActs ? " or more" : "")
        let rows = acts.map { act in
            [
                Machine.localTime(act.time), ReportPage.short(Output.printable(act.helper)),
                Output.printable(act.act), ReportPage.short(Output.printable(act.user)),
            ]
        }
        return page.table(
            "The help desk in the last \(AdminReport.days) days: \(count)",
            ["WHEN", "WHO", "WHAT", "TO WHOM"], rows, flexible: 3,
            all: "otp-enroll helpdesk --log")
    }
}
