import OTPWire

/// What each kind of host gets for each kind of request, by docs/PROTOCOL.md (Calls), docs/FLEET.md
/// (What a host may do) and docs/THREATS.md.
enum HostMatrix {
    /// Who asks.
    enum Standing: String, CaseIterable {
        case nobody = "no certificate"
        case foreign = "another authority's"
        case ended, revoked
        case bare = "no right"
        case enroller = "enroll"
        case helper = "admin"
        case importer = "import"

        /// The rights of a host that is answered, as `invite` takes them.
        var rights: String? {
            switch self {
            case .nobody, .foreign, .ended, .revoked: nil
            case .bare: ""
            case .enroller, .helper, .importer: rawValue
            }
        }

        /// The status that all requests of somebody get who is not answered; 0 without TLS.
        var refusals: Set<String> {
            switch self {
            case .nobody: ["401"]
            // The handshake fails.
            case .foreign: ["0"]
            case .ended: ["0", "401"]
            case .revoked: ["403"]
            case .bare, .enroller, .helper, .importer: []
            }
        }
    }

    /// In whose name a command about a user comes: the user's, root's, that of somebody without a
    /// role who gives a code, or that of an admin of the fleet who gives none.
    enum Speaker: String, CaseIterable { case oneself, root, stranger, admin }

    /// The answers to commands to which somebody has no right; the audit calls them so too.
    static let refusals: Set<String> = [
        "fleetRole", "fleetProtected", "rootOnly", "hostRight enroll", "hostRight import",
    ]

    // MARK: What is due

    static func due(_ route: Route, at standing: Standing) -> Set<String> {
        switch route {
        case .ping, .renew: standing.rights == nil ? standing.refusals : ["200"]
        // It takes an invite, and no certificate.
        case .join: [.foreign, .ended].contains(standing) ? ["0", "403"] : ["403"]
        }
    }

    static func due(_ step: StepKind, at standing: Standing) -> Set<String> {
        guard standing.rights != nil else { return standing.refusals }
        let enrolls = standing == .enroller
        return switch step {
        case .look: ["toBeAsked"]
        case .judge: ["refused"]
        case .noteLogin: ["welcome"]
        case .offers, .sendCode: ["sentences"]
        case .isEnrolled: ["yes"]
        case .timesPutOff: ["count"]
        case .putOff: [enrolls ? "count" : "denied right"]
        // These take a code that was typed there as well.
        case .hasRoom: ["no"]
        case .trust, .newPlace: ["denied right"]
        // The user has a device.
        case .enroll: [enrolls ? "nothing kept" : "denied right"]
        // What is brought in is no record.
        case .bring: [standing == .importer ? "400" : "denied right"]
        case .offline: ["offline"]
        }
    }

    static func due(
        _ command: CommandKind, by speaker: Speaker, at standing: Standing
    ) -> Set<String> {
        guard standing.rights != nil else { return standing.refusals }
        return switch speaker {
        case .oneself, .root: [due(command, isRoot: speaker == .root, at: standing)]
        case .stranger: ["fleetRole"]
        case .admin: [standing == .helper ? dueToAdmin(command) : "fleetRole"]
        }
    }

    /// About the user who asks, or whom root names: without a code, root gets what the user gets.
    private static func due(
        _ command: CommandKind, isRoot: Bool, at standing: Standing
    ) -> String {
        let enrolls = standing == .enroller
        return switch command {
        case .policy: "policy"
        case .status: "account"
        case .speak: "done"
        case .verify, .resync: "refused"
        case .remove, .revokeTrust, .disable, .endContact: "proofNeeded"
        case .reset, .unlock, .issue, .revokeIssued: "fleetRole"
        case .renewBackupCodes, .begin: enrolls ? "proofNeeded" : "hostRight enroll"
        case .contact: enrolls ? "notDelivered" : "hostRight enroll"
        case .confirm, .confirmContact: enrolls ? "ticketVoid" : "hostRight enroll"
        case .take:
            standing != .importer ? "hostRight import" : isRoot ? "isEnrolled" : "rootOnly"
        case .recorded, .rows, .move: "fleetRole"
        case .helpDesk, .mailReport, .keep, .keys, .noteExport, .bring, .forget, .makeStore,
            .rekey, .backUp, .restore:
            "fleetRole"
        }
    }

    /// About another user, without a code, at a host with the right `admin`.
    private static func dueToAdmin(_ command: CommandKind) -> String {
        switch command {
        case .status, .issue, .revokeIssued, .unlock, .contact, .endContact, .revokeTrust, .reset,
            .move:
            "ownProofNeeded"
        case .policy, .speak, .verify, .resync, .remove, .disable, .renewBackupCodes, .begin,
            .confirm, .confirmContact, .take:
            "fleetRole"
        // Lists are about whoever asks for them.
        case .recorded, .rows: "fleetRole"
        case .helpDesk, .mailReport, .keep, .keys, .noteExport, .bring, .forget, .makeStore,
            .rekey, .backUp, .restore:
            "fleetRole"
        }
    }
}

extension BrokenHost.Answer {
    /// The status of what was not answered, or what the answer is, in a word or two.
    var summary: String {
        guard status == 200 else { return "\(status)" }
        switch result {
        case nil: return "200"
        case .denied(let reason)?: return "denied \(reason.rawValue)"
        case .judged(let judgement)?:
            return judgement.outcome.isAccepted ? "accepted" : "refused"
        case .look(let look)?: return Self.name(of: look)
        case .flag(let isSo)?: return isSo ? "yes" : "no"
        case .kept(.none)?: return "nothing kept"
        case .reply(let reply)?: return Self.summary(of: reply.result)
        case let other?: return Self.name(of: other)
        }
    }

    private static func summary(of result: Reply.Result) -> String {
        switch result {
        case .denied(.hostRight(let right)): "hostRight \(right)"
        case .denied(let reason): name(of: reason)
        case .outcome(let outcome): outcome.isAccepted ? "accepted" : "refused"
        default: name(of: result)
        }
    }

    /// The name of an enumeration's case.
    private static func name(of value: some Any) -> String {
        String(String(describing: value).prefix { $0 != "(" })
    }
}
