import OTPWire

/// What a user may do for others in the fleet.
enum FleetRole: String, CaseIterable {
    case helpdesk, admin, auditor

    /// Whether it covers a command about a user who has `role`.
    func allows(_ command: Command, on role: FleetRole?) -> Bool {
        switch command {
        case .status: return true
        case .unlock, .issue, .revokeIssued, .revokeTrust, .contact:
            // Nobody helps people into a role.
            return self == .admin || (self == .helpdesk && role == nil)
        case .reset, .move: return self == .admin
        default: return false
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
