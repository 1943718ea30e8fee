import OTPWire

// Every kind of request. The switches have no `default`: a new step, or a new command, does not
// compile until it is tried too.
extension HostMatrix {
    /// The routes besides `/v1/call`.
    enum Route: String, CaseIterable { case ping, renew, join }

    /// Every kind of step but commands.
    enum StepKind: String, CaseIterable {
        case look, judge, noteLogin, hasRoom, trust, offers, sendCode, isEnrolled, timesPutOff
        case putOff, newPlace, enroll, bring, offline

        /// `nil` for a command.
        init?(_ step: FleetStep) {
            switch step {
            case .look: self = .look
            case .judge: self = .judge
            case .noteLogin: self = .noteLogin
            case .hasRoom: self = .hasRoom
            case .trust: self = .trust
            case .offers: self = .offers
            case .sendCode: self = .sendCode
            case .isEnrolled: self = .isEnrolled
            case .timesPutOff: self = .timesPutOff
            case .putOff: self = .putOff
            case .newPlace: self = .newPlace
            case .enroll: self = .enroll
            case .bring: self = .bring
            case .offline: self = .offline
            case .command: return nil
            }
        }
    }

    /// Every kind of command; where codes go is set and removed.
    enum CommandKind: String, CaseIterable {
        case policy, status, recorded, rows, helpDesk, mailReport, verify, resync
        case renewBackupCodes, remove, revokeTrust, disable, reset, unlock, move, speak, issue
        case revokeIssued, contact, endContact, confirmContact, begin, confirm, keep, take, keys
        case noteExport, bring, forget, makeStore, rekey, backUp, restore

        init(_ command: OTPWire.Command) {
            switch command {
            case .policy: self = .policy
            case .status: self = .status
            case .recorded: self = .recorded
            case .rows: self = .rows
            case .helpDesk: self = .helpDesk
            case .mailReport: self = .mailReport
            case .verify: self = .verify
            case .resync: self = .resync
            case .renewBackupCodes: self = .renewBackupCodes
            case .remove: self = .remove
            case .revokeTrust: self = .revokeTrust
            case .disable: self = .disable
            case .reset: self = .reset
            case .unlock: self = .unlock
            case .move: self = .move
            case .speak: self = .speak
            case .issue: self = .issue
            case .revokeIssued: self = .revokeIssued
            case .contact(_, let address): self = address == nil ? .endContact : .contact
            case .confirmContact: self = .confirmContact
            case .begin: self = .begin
            case .confirm: self = .confirm
            case .keep: self = .keep
            case .take: self = .take
            case .keys: self = .keys
            case .noteExport: self = .noteExport
            case .bring: self = .bring
            case .forget: self = .forget
            case .makeStore: self = .makeStore
            case .rekey: self = .rekey
            case .backUp: self = .backUp
            case .restore: self = .restore
            }
        }
    }
}
