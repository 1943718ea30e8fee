import OTPCore
import OTPWire

// The text of `report`, for a terminal, a file or a mail.
extension AdminReport {
    /// The width of a line in a mail.
    static let mailWidth = 79
    /// How many of a kind are named.
    private static let most = 20
    /// How much of a name is shown, in columns.
    private static let longestName = 32
    private static let indent = "    "

    /// The report in lines of at most `width` columns, without a newline at its end.
    func text(width: Int) -> String {
        let page = Page(width)
        let place = "\(Output.printable(Machine.hostName)), \(Machine.localTime(now))"
        let count = Words.count(users, "user")
        let others = exempt.isEmpty ? "" : ", \(exempt.count) exempt"
        let all = exempt.isEmpty ? "all" : "\(enrolled)"
        var lines: [String]
        if isQuiet {
            lines = page.wrapped(
                "Nothing to report on \(place): \(count), \(all) enrolled\(others).")
        } else {
            lines = page.wrapped(
                "One-time codes on \(place): \(enrolled) of \(count) enrolled\(others).")
            lines += people(page) + codes(page) + records(page) + helpDesk(page)
        }
        if let doubt { lines += [""] + page.wrapped("Note: \(doubt).") }
        return lines.joined(separator: "\n")
    }

    private func people(_ page: Page) -> [String] {
        let enroll = "enroll: otp-enroll add NAME; all: otp-enroll list --not-enrolled"
        return page.section("Not enrolled", notEnrolled, enroll)
            + page.section(
                "Closed by a hundred wrong codes", closed,
                "where they came from: otp-enroll status NAME; open: otp-enroll unlock NAME")
            + page.section(
                "Locked out: only a temporary code, which has expired", lockedOut,
                "another one: otp-enroll issue NAME")
            + page.section(
                "Without backup codes", withoutBackupCodes, "new ones: otp-enroll codes NAME")
            + page.section(
                "Keys of fewer than 128 bits", withShortKeys,
                "which, and how to replace them: otp-enroll status NAME")
    }

    private func codes(_ page: Page) -> [String] {
        page.section(
            "Temporary codes that still work", temporaryCodes.count,
            temporaryCodes.map {
                AdminReport.short($0.user) + ", until \(Machine.localTime($0.code.expires))"
            }, "revoke: otp-enroll issue --revoke NAME", all: "otp-enroll issue --list")
    }

    private func records(_ page: Page) -> [String] {
        page.section(
            "Records that nobody can use", uselessRecords.count,
            uselessRecords.map { "\($0.problem): \($0.command)" }, nil, all: "otp-enroll list")
    }

    private func helpDesk(_ page: Page) -> [String] {
        guard !acts.isEmpty else { return [] }
        let shown = acts.prefix(AdminReport.most)
        var table = Table(
            ["WHEN", "WHO", "WHAT", "TO WHOM"], flexible: 3, width: page.width - 4)
        for act in shown {
            table.add([
                Machine.localTime(act.time), AdminReport.short(Output.printable(act.helper)),
                Output.printable(act.act), AdminReport.short(Output.printable(act.user)),
            ])
        }
        let count = Words.count(acts.count, "act") + (hasMoreActs ? " or more" : "")
        let title = "The help desk in the last \(AdminReport.days) days: \(count)"
        let rest = shown.count < acts.count ? ["all: otp-enroll helpdesk --log"] : []
        return [""] + page.wrapped(title) + (table.lines + rest).map { AdminReport.indent + $0 }
    }

    private static func short(_ name: String) -> String { Columns.cut(name, to: longestName) }

    /// Lines of a width.
    private struct Page {
        let width: Int

        init(_ width: Int) { self.width = width }

        func wrapped(_ text: String) -> [String] { Words.wrapped(text, width) }

        private func indented(_ text: String) -> [String] {
            Words.wrapped(text, width - AdminReport.indent.count).map { AdminReport.indent + $0 }
        }

        /// A heading with a number, the first names, and what helps; nothing if there is nobody.
        func section(_ title: String, _ names: [String], _ help: String) -> [String] {
            guard !names.isEmpty else { return [] }
            let shown = names.prefix(AdminReport.most).map(AdminReport.short)
            let rest = names.count - shown.count
            return [""] + wrapped("\(title): \(Words.count(names.count, "user"))")
                + indented(shown.joined(separator: ", ") + (rest > 0 ? " and \(rest) more" : ""))
                + indented(help)
        }

        /// The same with one line for each; `all` is the command that lists the rest.
        func section(
            _ title: String, _ count: Int, _ rows: [String], _ help: String?, all: String
        ) -> [String] {
            guard count > 0 else { return [] }
            let shown = rows.prefix(AdminReport.most)
            let rest = count - shown.count
            return [""] + wrapped("\(title): \(count)") + shown.flatMap(indented)
                + (rest > 0 ? indented("and \(rest) more: \(all)") : [])
                + (help.map(indented) ?? [])
        }
    }
}
