/// The layout of a report to admins: parts with a heading, the first of many rows, and the command
/// that helps, in lines of a width.
public struct ReportPage: Sendable {
    /// The width of a line in a mail.
    public static let mailWidth = 79
    /// How many rows of a kind are shown.
    public static let most = 20
    /// How much of a name is shown, in columns.
    private static let longestName = 32
    private static let indent = "    "

    private let width: Int

    /// A page with lines of at most `width` columns.
    public init(width: Int) { self.width = width }

    /// The part of a name that is shown.
    public static func short(_ name: String) -> String { Columns.cut(name, to: longestName) }

    /// A text in lines.
    public func wrapped(_ text: String) -> [String] { Columns.wrapped(text, to: max(8, width)) }

    private func indented(_ text: String) -> [String] {
        Columns.wrapped(text, to: max(8, width - ReportPage.indent.count))
            .map { ReportPage.indent + $0 }
    }

    /// A heading with how many there are, their first names, and what helps; nothing for nobody.
    public func section(
        _ title: String, _ names: [String], of thing: String = "user", _ help: String
    ) -> [String] {
        guard !names.isEmpty else { return [] }
        let shown = names.prefix(ReportPage.most).map(ReportPage.short)
        let rest = names.count - shown.count
        return [""] + wrapped("\(title): \(Counted.text(names.count, thing))")
            + indented(shown.joined(separator: ", ") + (rest > 0 ? " and \(rest) more" : ""))
            + indented(help)
    }

    /// The same with one line for each; `all` is the command that lists the rest.
    public func section(
        _ title: String, rows: [String], _ help: String? = nil, all: String
    ) -> [String] {
        guard !rows.isEmpty else { return [] }
        let shown = rows.prefix(ReportPage.most)
        let rest = rows.count - shown.count
        return [""] + wrapped("\(title): \(rows.count)") + shown.flatMap(indented)
            + (rest > 0 ? indented("and \(rest) more: \(all)") : [])
            + (help.map(indented) ?? [])
    }

    /// A heading, and a table of the first rows, whose column `flexible` is cut first; nothing
    /// without rows. `all` is the command that lists the rest.
    public func table(
        _ title: String, _ headings: [String], _ rows: [[String]], flexible: Int, all: String
    ) -> [String] {
        guard !rows.isEmpty else { return [] }
        let shown = rows.prefix(ReportPage.most)
        var table = Table(headings, flexible: flexible, width: width - ReportPage.indent.count)
        for row in shown { table.add(row) }
        let rest = shown.count < rows.count ? ["all: \(all)"] : []
        return [""] + wrapped(title) + (table.plainLines + rest).map { ReportPage.indent + $0 }
    }
}
