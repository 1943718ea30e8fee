import OTPCore
import OTPStore

/// What `list` tells of one user.
struct RosterRow {
    private let entry: Roster.Entry
    private let finding: Roster.Finding<Summary>
    private let now: UInt64

    init(_ entry: Roster.Entry, _ finding: Roster.Finding<Summary>, at now: UInt64) {
        self.entry = entry
        self.finding = finding
        self.now = now
    }

    /// The name that the record was found under, or the number of somebody who is gone.
    private var name: String {
        if case .found(_, let user) = finding { return Output.printable(user.name) }
        return entry.shownName
    }

    // MARK: For people

    /// The cells of the table.
    var cells: [String] {
        guard case .found(let summary, _) = finding else {
            return [name, state, "-", "-", "-", "-"]
        }
        return [
            name, state, summary.isEnrolled ? String(summary.backupCodesLeft) : "-",
            String(summary.failures), summary.lock?.short(at: now) ?? "-",
            summary.lastLogin == 0 ? "never" : Machine.localTime(summary.lastLogin),
        ]
    }

    /// What there is to log in with, in one cell.
    private var state: String {
        switch finding {
        case .nothing: "no"
        case .orphan: "no such user"
        case .unreadable(let error): error.shortText
        case .found(let summary, _): RosterRow.state(summary)
        }
    }

    private static func state(_ summary: Summary) -> String {
        guard summary.isEnrolled else { return summary.end?.kind == .reset ? "reset" : "no" }
        var parts = summary.authenticators.map(\.name.text)
        switch summary.temporaryCode?.state {
        case .live: parts.append("temporary code")
        case .expired, .beforeIssue: if parts.isEmpty { parts.append("temporary code (ended)") }
        case .used, nil: break
        }
        return parts.isEmpty ? "backup codes" : parts.joined(separator: ", ")
    }

    // MARK: For scripts

    /// The object of `list --json`. What cannot be known is null; `problem` says why.
    var json: JSON {
        let user = entry.users.isEmpty ? JSON.null : .text(name)
        let uid = JSON.number(Int64(entry.uid))
        guard case .found(let summary, _) = finding else {
            if case .nothing = finding { return RosterRow.json(Summary(), user, uid) }
            return .object([
                "user": user, "uid": uid, "enrolled": .null, "authenticators": .list([]),
                "backup_codes_left": .null, "trusted_keys": .null,
                "failures": .null, "locked_until": .null, "last_login": .null,
                "temporary_code_expires": .null, "problem": .text(problem),
            ])
        }
        return RosterRow.json(summary, user, uid)
    }

    private static func json(_ summary: Summary, _ user: JSON, _ uid: JSON) -> JSON {
        let code = summary.temporaryCode.flatMap { $0.state == .live ? $0.expires : nil }
        return .object([
            "user": user, "uid": uid, "enrolled": .bool(summary.isEnrolled),
            "authenticators": .list(summary.authenticators.map { .text($0.name.text) }),
            "backup_codes_left": .count(summary.backupCodesLeft),
            "trusted_keys": .count(summary.trusted.count { $0.isActive == true }),
            "failures": .number(Int64(summary.failures)),
            "locked_until": summary.lock?.json ?? .null,
            "last_login": summary.lastLogin == 0 ? .null : .time(summary.lastLogin),
            "temporary_code_expires": code.map(JSON.time) ?? .null, "problem": .null,
        ])
    }

    private var problem: String {
        if case .unreadable(let error) = finding {
            return Output.printable(Array(error.detail.utf8))
        }
        return state
    }
}
