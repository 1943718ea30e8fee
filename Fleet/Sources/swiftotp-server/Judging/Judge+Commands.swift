import FleetNetwork
import FleetStore
import OTPCore
import OTPService
import OTPSystem
import OTPWire

// What otp-enroll asks for at a host. A host speaks for its users about themselves; about others,
// a user needs a role in the fleet, a host with the right `admin`, and a code of their own each time.
extension Judge {
    func command(
        _ request: Request, of caller: FleetCaller, _ act: Act, in database: Database
    ) throws(StoreError) -> HostAnswer {
        let asking = User(name: Array(caller.user.utf8), uid: caller.uid, gid: .max)
        guard request.command.auditKind != nil else { return try denied(.fleetRole) }
        // Root at a host is nobody in the fleet, and acts there for the user.
        let isOneself = caller.isRoot || asking == act.user
        if isOneself {
            if let denial = Judge.denial(of: request.command, at: act.host) {
                return try denied(denial)
            }
            let isImport = caller.isRoot && request.command.isImport
            let by = isImport ? Rights.Caller.root : .user
            return try run(
                request, as: by,
                Judge.right(to: request.command, of: by),
                asking: caller.isRoot ? act.user : asking, act, in: database)
        }
        return try help(request, asking, act, in: database)
    }

    /// What may be done about oneself: what is so on one host, and finding a device whose clock or
    /// counter is off, which is root's there, and takes two codes in a row.
    private static func right(to command: Command, of caller: Rights.Caller) -> Rights.Right {
        if case .resync = command { return .allowed }
        return Rights.right(to: Rights.kind(of: command), of: caller, about: .oneself)
    }

    /// Why a host may not have a command of its own users; `nil` if it may.
    private static func denial(of command: Command, at host: HostRow) -> Reply.Denial? {
        switch command {
        // It learns the key, or backup codes.
        case .begin, .confirm, .renewBackupCodes:
            host.rights.contains("enroll") ? nil : .hostRight(name: "enroll")
        case .take: host.rights.contains("import") ? nil : .hostRight(name: "import")
        default: nil
        }
    }

    /// Does what somebody with a role asks for about another user: after a code of their own.
    private func help(
        _ request: Request, _ asking: User, _ act: Act, in database: Database
    ) throws(StoreError) -> HostAnswer {
        let realm = act.host.realm
        func role(of user: User) throws(StoreError) -> FleetRole? {
            let name = UserName(realm: realm, name: String(decoding: user.name, as: UTF8.self))
            return try database.role(of: name).flatMap { FleetRole(rawValue: $0) }
        }
        guard act.host.rights.contains("admin"), let helper = try role(of: asking) else {
            return try denied(.fleetRole)
        }
        guard helper.allows(request.command, on: try role(of: act.user)) else {
            return try denied(.protected)
        }
        guard let proof = request.proof else { return try denied(.ownProofNeeded) }
        if let done = try database.repeated(act) { return Judge.answer(done) }
        var proving = act
        (proving.user, proving.request) = (asking, act.request.partner)
        let proven = try run(
            Request(.verify(code: Judge.ownCode(proof))), as: .user, .allowed, asking: asking,
            isProof: true, proving, in: database)
        guard case .answered(let bytes, _) = proven, Judge.isAccepted(bytes) else { return proven }
        return try run(request, as: .helper, .allowed, asking: asking, act, in: database)
    }

    /// The code as it is tried: a temporary one, which somebody else has issued, proves nothing.
    private static func ownCode(_ proof: String) -> String {
        var typed = Array(proof.utf8)
        defer { Secret.wipe(&typed) }
        switch Answer(typed.span) {
        case .temporaryCode: return "-"
        default: return proof
        }
    }

    private static func isAccepted(_ bytes: [UInt8]) -> Bool {
        guard let reply = try? Document.fleetReply(bytes),
            case .reply(let inner) = reply.result, case .outcome(let outcome) = inner.result
        else { return false }
        return outcome.isAccepted
    }

    /// Runs a request in a unit of work about `act.user`. A proof counts only where it is judged now:
    /// one that the same request has used up before begins nothing.
    private func run(
        _ request: Request, as caller: Rights.Caller, _ right: Rights.Right, asking: User,
        isProof: Bool = false, _ act: Act, in database: Database
    ) throws(StoreError) -> HostAnswer {
        let lines = PendingLines()
        guard
            let source = SourceID(SourceID.command.text, isKey: false, at: act.host.name)
        else { return .malformed }
        let performed = try database.perform(act) { (records) throws(StoreError) in
            lines.clear()
            let here = FleetSurroundings(
                records: records, options: policy.inFleet, source: source,
                hostName: Array(authority.fleet.text.utf8), lines: lines)
            let handler = RequestHandler(
                for: caller, about: act.user, asking: asking,
                operatorName: asking.name + Array("@\(act.host.name)".utf8), right: right, in: here)
            let result: Reply.Result
            do throws(StoreError) {
                result = try handler.run(request)
            } catch {
                guard Judge.isTheRecordsOwn(error) else { throw error }
                result = .failed(trouble: TroubleDocument(error))
            }
            return ActAnswer(
                reply: try Judge.encoded(FleetReply(.reply(reply: Reply(result)))),
                audit: Judge.entry(for: result, of: request.command, by: asking, at: act.host))
        }
        if case .done(let done) = performed, done.isRepeated, isProof {
            return .unavailable("the code was used up by this request, which may not have ended")
        }
        if case .done(let done) = performed, !done.isRepeated {
            for (priority, line) in lines.lines {
                SystemLog.write(line.bytes, CInt(priority.rawValue))
            }
        }
        return Judge.answer(performed)
    }

    private func denied(_ denial: Reply.Denial) throws(StoreError) -> HostAnswer {
        let reply = FleetReply(.reply(reply: Reply(.denied(reason: denial))))
        return .answered(try Judge.encoded(reply), receipt: nil)
    }

    /// What the audit says of a command; `nil` for one that only looks.
    private static func entry(
        for result: Reply.Result, of command: Command, by asking: User, at host: HostRow
    ) -> AuditEntry? {
        guard let kind = command.auditKind, !kind.isEmpty else { return nil }
        var entry = AuditEntry(
            kind: kind, granted: false, origin: "otp-enroll",
            actor: String(decoding: LogLine.visible(asking.name), as: UTF8.self))
        switch result {
        case .outcome(let outcome):
            entry.granted = outcome.isAccepted
            entry.detail = outcome.reason
            entry.isFailure = Judge.isGuess(outcome)
        case .done(let change):
            entry.granted = true
            entry.detail = change.authenticator?.name ?? ""
        case .begun, .taken: entry.granted = true
        case .verdict: entry.detail = "wrong"
        case .denied(let reason): entry.detail = "\(reason)"
        case .failed(let trouble): entry.detail = trouble.code
        default: break
        }
        return entry
    }
}

extension Command {
    /// Whether it brings in an authenticator that exists already.
    fileprivate var isImport: Bool {
        if case .take = self { return true }
        return false
    }
}
