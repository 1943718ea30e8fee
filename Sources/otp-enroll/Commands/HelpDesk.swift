import ArgumentParser
import OTPCore
import OTPStore
import OTPWire

/// `otp-enroll helpdesk`: who the help desk is, and what it did.
struct HelpDesk: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "helpdesk", _superCommandName: OTPEnroll.name,
        abstract: "Show who the help desk is, and its last acts (as root, or one of them).",
        usage: "otp-enroll helpdesk [<options>]",
        discussion: """
              otp-enroll helpdesk             its group, whom it cannot help, its limit
              otp-enroll helpdesk --log       who did what to whom

            With `helpdesk_group = support` in the configuration, members of that group can use `list`, \
            `status`, `issue`, `reset`, `unlock` and `trusted` for others without being root. Root \
            enrolls them, and they give a code, which counts for five minutes. They cannot act on root, \
            on each other, or on members of `helpdesk_protected`; nor more often in 24 hours than \
            `helpdesk_daily` says.

            --log lists the last 100 acts, the latest first: all of them for root, and one's own for a \
            member. Users see in `otp-enroll status` what was done to them, and by whom.
            """)

    @Flag(help: "List the last acts.")
    var log = false

    @OptionGroup var global: GlobalOptions

    func run() throws {
        let context = try Context(global, user: nil, for: .helpDesk)
        let desk: HelpDeskDocument
        switch try context.ask(.helpDesk) {
        case .helpDesk(let found): desk = found
        case let other: throw context.failure(other)
        }
        if global.json { return try Output.json(json(desk)) }
        if log { return try list(desk) }
        guard let group = desk.group else {
            return try Output.line("There is no help desk: `helpdesk_group` is not set.")
        }
        let protected = desk.protected.map { ", or on members of \(Output.printable($0))" } ?? ""
        try Output.line(
            """
            The help desk: members of the group \(Output.printable(group)).
            They cannot act on root or on each other\(protected).
            """)
        let limit = "Each may act \(Words.count(desk.daily, "time")) in 24 hours"
        let own = Machine.isRoot ? "." : "; you have \(Words.count(desk.count, "time"))."
        try Output.line(limit + own)
    }

    private func list(_ desk: HelpDeskDocument) throws {
        guard !desk.acts.isEmpty else { return try Output.line("The help desk has done nothing.") }
        let now = try SystemClock().now()
        var table = Table(["WHEN", "WHO", "WHAT", "TO WHOM"])
        for act in desk.acts {
            table.add([
                Table.Cell(Words.when(act.time, now: now)),
                Table.Cell(Output.printable(act.helper)),
                Table.Cell(Output.printable(act.act)), Table.Cell(Output.printable(act.user)),
            ])
        }
        try table.print()
    }

    private func json(_ desk: HelpDeskDocument) -> KeyValuePairs<String, JSON> {
        [
            "group": desk.group.map(JSON.text) ?? .null,
            "protected": desk.protected.map(JSON.text) ?? .null,
            "daily": .count(desk.daily), "yours": .count(desk.count),
            "acts": .list(desk.acts.map(\.json)),
        ]
    }
}

extension HelpDeskDocument.Act {
    /// The object for scripts.
    var json: JSON {
        .object([
            "time": .time(time), "helper": .text(helper), "act": .text(act), "user": .text(user),
        ])
    }
}
