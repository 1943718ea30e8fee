import OTPCore
import OTPWire

/// What `list` shows for one user.
struct RosterRow {
    private let entry: Roster.Entry
    private let finding: Roster.Finding<RowDocument.Account>
    private let now: UInt64

    init(_ entry: Roster.Entry, _ finding: Roster.Finding<RowDocument.Account>, at now: UInt64) {
        self.entry = entry
        self.finding = finding
        self.now = now
    }

    /// The name that the record was found under, or the UID of a user who is gone.
    private var name: String {
        if case .found(_, let user) = finding { return Output.printable(user.name) }
        return entry.shownName
    }

    // MARK: For people

    /// The cells of the table.
    var cells: [Table.Cell] {
        let name = Table.Cell(name), state = Table.Cell(state, ink)
        guard case .found(let account, _) = finding else {
            return [name, state, "-", "-", "-", "-"]
        }
        let left = account.backupCodesLeft
        return [
            name, state,
            account.isEnrolled ? Table.Cell(String(left), left > 2 ? .plain : .caution) : "-",
            Table.Cell(String(account.failures), account.failures > 0 ? .caution : .plain),
            account.lock.map { Table.Cell($0.short(at: now), $0.ink) } ?? "-",
            Table.Cell(account.lastLogin.map { Words.when($0, now: now) } ?? "never"),
        ]
    }

    /// Whether the state needs attention: users who are kept out, or who are not enrolled yet.
    private var ink: Ink {
        switch finding {
        case .orphan, .unreadable: .bad
        case .nothing: .caution
        case .hidden: .plain
        case .found(let account, _):
            switch Standing(account) {
            case .ready, .almostClosed, .closed: .plain
            case nil: .caution
            case .ended: .bad
            }
        }
    }

    /// What there is to log in with, in one cell.
    private var state: String {
        switch finding {
        case .nothing: "no"
        case .hidden: "(protected)"
        case .orphan(let orphan):
            orphan?.current.map { "\(orphan?.name ?? "")'s, who is \($0)" } ?? "no such user"
        case .unreadable(let error): error.shortText
        case .found(let account, _): RosterRow.state(account)
        }
    }

    private static func state(_ account: RowDocument.Account) -> String {
        guard account.isEnrolled else { return account.end == "reset" ? "reset" : "no" }
        var parts = account.authenticators.map { Output.printable($0) }
        switch account.temporaryCode?.state {
        case .live: parts.append("temporary code")
        case .expired, .beforeIssue: if parts.isEmpty { parts.append("temporary code (ended)") }
        case .used, nil: break
        }
        return parts.isEmpty ? "backup codes" : parts.joined(separator: ", ")
    }

    // MARK: For scripts

    /// The object of `list --json`. Unknown values are null; `problem` says why.
    var json: JSON {
        let user = entry.users.isEmpty ? JSON.null : .text(name)
        let uid = JSON.number(Int64(entry.uid))
        switch finding {
        case .found(let account, _): return RosterRow.json(account, user, uid)
        case .nothing:
            return .object([
                "user": user, "uid": uid, "enrolled": .bool(false), "authenticators": .list([]),
                "backup_codes_left": .number(0), "trusted_keys": .number(0),
                "failures": .number(0), "locked_until": .null, "last_login": .null,
                "temporary_code_expires": .null, "problem": .null,
            ])
        case .orphan, .unreadable, .hidden:
            return .object([
                "user": user, "uid": uid, "enrolled": .null, "authenticators": .list([]),
                "backup_codes_left": .null, "trusted_keys": .null,
                "failures": .null, "locked_until": .null, "last_login": .null,
                "temporary_code_expires": .null, "record_of": recordOf,
                "problem": .text(problem),
            ])
        }
    }

    private static func json(_ account: RowDocument.Account, _ user: JSON, _ uid: JSON) -> JSON {
        let code = account.temporaryCode.flatMap { $0.state == .live ? $0.expires : nil }
        return .object([
            "user": user, "uid": uid, "enrolled": .bool(account.isEnrolled),
            "authenticators": .list(account.authenticators.map(JSON.text)),
            "backup_codes_left": .count(account.backupCodesLeft),
            "trusted_keys": .count(account.trustedKeys),
            "failures": .number(Int64(account.failures)),
            "locked_until": account.lock?.json ?? .null,
            "last_login": account.lastLogin.map(JSON.time) ?? .null,
            "temporary_code_expires": code.map(JSON.time) ?? .null, "problem": .null,
        ])
    }

    /// Whose record it is, if nobody has its UID.
    private var recordOf: JSON {
        guard case .orphan(let orphan?) = finding else { return .null }
        return .text(orphan.name)
    }

    private var problem: String {
        switch finding {
        case .unreadable(let error): Output.printable(Array(error.detail.utf8))
        case .orphan(let orphan?) where orphan.current != nil: orphan.sentence
        default: state
        }
    }
}
