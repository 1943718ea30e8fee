import ArgumentParser
import OTPCore
import OTPStore
import OTPWire

/// `otp-enroll list`: everybody, enrolled or not.
struct List: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", _superCommandName: OTPEnroll.name,
        abstract: "List all users and the state of their second factor (root, help desk).",
        usage: "otp-enroll list [<options>]",
        discussion: """
              otp-enroll list                             everybody
              otp-enroll list --not-enrolled --group staff
              otp-enroll list --locked                    users who have to wait
              otp-enroll list --json                      for scripts

            Lists root, everybody from UID_MIN of /etc/login.defs on, and everybody else who has a \
            record. LAST LOGIN is when a code was last accepted. Options can be combined.

            Directories such as LDAP usually do not list their users. Then it lists those who have a \
            home here, have logged in, or have a record, and says that some may be missing. --group \
            looks up each member by name.

            A record that cannot be read is always listed with the reason, and the exit status is 1. \
            Records of users who are gone or were renumbered are listed with the command that helps.
            """)

    @Flag(help: "Only users who are not enrolled.")
    var notEnrolled = false

    @Flag(help: "Only users who have to wait, or to be unlocked.")
    var locked = false

    @Option(
        help: ArgumentHelp("Only members of this group.", valueName: "name"), completion: .groups)
    var group: String?

    @OptionGroup var global: GlobalOptions

    func run() throws {
        let context = try Context(global, user: nil, for: .helpDesk)
        let roster = Roster(context)
        var report = Report(at: try SystemClock().now(), asJSON: global.json)
        try context.service.series {
            // Objects are written while others are still coming: a progress bar would mix with them
            // on a terminal.
            let quiet = global.json && Terminal.outputColumns < .max
            let entries = try roster.entries(group: group) { text, hint in
                Output.note(text)
                Output.hint(hint)
            }
            try roster.look(at: entries, quiet: quiet) { entry, finding in
                if isWanted(finding) { try report.add(entry, finding) }
            }
        }
        try report.finish()
        if let failure = report.failure { throw failure }
    }

    private func isWanted(_ finding: Roster.Finding<RowDocument.Account>) -> Bool {
        switch finding {
        case .found(let account, _):
            (!notEnrolled || !account.isEnrolled) && (!locked || account.lock != nil)
        case .nothing: !locked
        case .orphan: !notEnrolled && !locked
        case .unreadable: true
        case .hidden: !notEnrolled && !locked
        }
    }
}

extension List {
    /// The output: rows of a table, or objects.
    private struct Report {
        /// The most records of renumbered users that are reported individually.
        private static let mostNotes = 20

        private let now: UInt64
        private let asJSON: Bool
        private var table = Table(
            ["USER", "ENROLLED", "BACKUP CODES", "FAILURES", "LOCKED", "LAST LOGIN"], flexible: 1)
        private var objects = JSONList("users")
        private var counts = (enrolled: 0, others: 0, locked: 0)
        private var renumbered: [Orphan] = []
        private var unreadable = UnreadableRecords()

        init(at now: UInt64, asJSON: Bool) {
            self.now = now
            self.asJSON = asJSON
        }

        mutating func add(
            _ entry: Roster.Entry, _ finding: Roster.Finding<RowDocument.Account>
        ) throws {
            if case .unreadable(let error) = finding { unreadable.add(entry, error) }
            if case .orphan(let orphan?) = finding, orphan.current != nil {
                renumbered.append(orphan)
            }
            count(finding)
            let row = RosterRow(entry, finding, at: now)
            if asJSON { try objects.add(row.json) } else { table.add(row.cells) }
        }

        mutating func finish() throws {
            if asJSON { try objects.finish() } else { try table.print() }
            if Terminal.isOutput, !asJSON {
                let lines = Words.wrapped(conclusion, Terminal.outputColumns)
                try Output.line("\n" + lines.joined(separator: "\n"))
            }
            for orphan in renumbered.prefix(Report.mostNotes) {
                Output.note("\(orphan.sentence): `\(orphan.command)`")
            }
        }

        private mutating func count(_ finding: Roster.Finding<RowDocument.Account>) {
            switch finding {
            case .found(let account, _):
                counts.locked += account.lock == nil ? 0 : 1
                if account.isEnrolled { counts.enrolled += 1 } else { counts.others += 1 }
            case .nothing: counts.others += 1
            case .orphan, .unreadable, .hidden: break
            }
        }

        /// How many users are in which state.
        private var conclusion: String {
            let users = Words.count(counts.enrolled + counts.others, "user")
            let locked = counts.locked == 0 ? "" : ", \(counts.locked) locked"
            return "\(users): \(counts.enrolled) enrolled, \(counts.others) not\(locked)."
        }

        /// The error to end with if some records could not be read.
        var failure: Failure? { unreadable.failure }
    }
}
