import OTPWire

/// What a user may do for others in the fleet.
enum FleetRole: String, CaseIterable {
    case helpdesk, admin, auditor

    /// Whether it covers a command about a user who has `role`.
    func allows(_ command: Command, on role: FleetRole?) -> Bool {
        FleetAct(command).map { allows($0, on: role) } ?? false
    }

    private func allows(_ act: FleetAct, on role: FleetRole?) -> Bool {
        switch act {
        case .list, .status, .trusted: true
        // Nobody helps people into a role.
        case .issue, .unlock, .contact, .endTrust:
            self == .admin || (self == .helpdesk && role == nil)
        case .reset, .move: self == .admin
        }
    }

    /// What people with it may do, in sentences.
    var doc: [String] {
        let acts = FleetAct.allCases.filter { allows($0, on: nil) }
        let helps = acts.filter { !$0.onlyLooks }
        return [
            ("Look at everybody", acts.filter(\.onlyLooks)),
            ("Help everybody", helps.filter { allows($0, on: .admin) }),
            ("Help people without a role", helps.filter { !allows($0, on: .admin) }),
        ].filter { !$0.1.isEmpty }.map { may, acts in
            "\(may): \(acts.map(\.rawValue).joined(separator: ", "))."
        }
    }

    /// The names of all.
    static let names = allCases.map(\.rawValue).joined(separator: ", ")
}

/// What takes a role: commands of otp-enroll.
enum FleetAct: String, CaseIterable {
    case list
    /// Both are a look at one account.
    case status, trusted
    /// With its `--revoke`.
    case issue
    case unlock, contact
    case endTrust = "trusted --revoke"
    case reset, move

    /// `nil` for a command that nobody gives about others.
    init?(_ command: Command) {
        switch command {
        case .recorded, .rows: self = .list
        case .status: self = .status
        case .issue, .revokeIssued: self = .issue
        case .unlock: self = .unlock
        case .contact: self = .contact
        case .revokeTrust: self = .endTrust
        case .reset: self = .reset
        case .move: self = .move
        default: return nil
        }
    }

    var onlyLooks: Bool {
        switch self {
        case .list, .status, .trusted: true
        case .issue, .unlock, .contact, .endTrust, .reset, .move: false
        }
    }
}

extension Command {
    /// One word for the audit; `nil` for a command that a fleet does not know.
    var auditKind: String? {
        switch self {
        case .policy: "policy"
        case .status: "status"
        case .recorded, .rows: "listed"
        case .speak: "language"
        case .verify: "verified"
        case .resync: "resynchronized"
        case .renewBackupCodes: "codes-renewed"
        case .remove: "removed"
        case .revokeTrust: "trust-revoked"
        case .disable: "disabled"
        case .reset: "reset"
        case .unlock: "unlocked"
        case .issue: "temporary-code-issued"
        case .revokeIssued: "temporary-code-revoked"
        case .begin: "begun"
        case .confirm: "added"
        case .take: "imported"
        case .move: "moved"
        case .contact: "contact"
        case .confirmContact: "contact-changed"
        case .keep, .helpDesk, .mailReport, .keys, .noteExport, .forget,
            .makeStore, .rekey, .bring, .backUp, .restore:
            nil
        }
    }

    /// Whether the audit has it only where it was refused: it changes nothing that logs anybody in.
    var onlyLooks: Bool {
        switch self {
        case .policy, .status, .recorded, .rows, .speak: true
        case .take(_, let rehearses, _, _), .move(_, let rehearses): rehearses
        default: false
        }
    }
}
