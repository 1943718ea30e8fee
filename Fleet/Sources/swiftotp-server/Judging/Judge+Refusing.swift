import FleetNetwork
import FleetStore
import OTPCore
import OTPWire

// What somebody has asked for without a right to it: the audit has it, as what was done.
extension Judge {
    /// Refuses a command of `asking`.
    func refuse(
        _ command: Command, _ reason: Reply.Denial, to asking: User, _ act: Act,
        in database: Database
    ) throws(StoreError) -> HostAnswer {
        let entry = AuditEntry(
            kind: command.auditKind ?? "unknown", granted: false, detail: reason.word,
            origin: "otp-enroll", actor: Judge.shown(asking))
        return try refuse(
            entry, FleetCounts.Refusal(reason), with: .reply(reply: Reply(.denied(reason: reason))),
            act, in: database)
    }

    /// Answers `result` once the audit has `entry`. It costs the host none of its failures: whoever may
    /// run otp-enroll there can do it on purpose, and a quarantine keeps everybody out. So that they
    /// do not fill the audit, these rows have a limit of their own, beyond which there is no answer
    /// either.
    func refuse(
        _ entry: AuditEntry, _ refusal: FleetCounts.Refusal?, with result: FleetReply.Result,
        _ act: Act, in database: Database
    ) throws(StoreError) -> HostAnswer {
        guard refusals.admits(act.host.name) else {
            count(.tooMany)
            return .overBudget
        }
        // The user's row is not opened: that it cannot be is nothing for whoever may not ask.
        let name = String(decoding: act.user.name.prefix(Judge.longestName), as: UTF8.self)
        let receipt = try database.note(
            entry, of: UserName(realm: act.host.realm, name: name),
            by: AdminAct(
                host: act.host.name, actor: entry.actor, origin: entry.origin, time: act.time))
        Judge.log(entry, of: name, at: act.host)
        if let refusal { count(refusal) }
        return .answered(try Judge.encoded(FleetReply(result)), receipt: receipt.text)
    }

    /// Counts what was refused, for the metrics.
    func count(_ refusal: FleetCounts.Refusal) { threads.state.counts.count(refusal) }

    /// Who asks, as the audit has it.
    static func shown(_ asking: User) -> String {
        let name = Array(asking.name.prefix(longestName))
        return String(decoding: LogLine.visible(name), as: UTF8.self)
    }
}

extension Reply.Denial {
    /// Its word in docs/PROTOCOL.md, with the right that a host lacks.
    var word: String {
        guard case .hostRight(let name) = self else { return "\(self)" }
        return "hostRight \(name)"
    }
}

extension FleetCounts.Refusal {
    /// `nil` for what is refused for another reason than a right.
    init?(_ denial: Reply.Denial) {
        switch denial {
        case .fleetRole: self = .fleetRole
        case .fleetProtected: self = .fleetProtected
        case .hostRight: self = .hostRight
        case .rootOnly: self = .rootOnly
        case .ownProofNeeded: self = .ownProofNeeded
        default: return nil
        }
    }
}
