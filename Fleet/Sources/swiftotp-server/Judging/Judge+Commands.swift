import FleetNetwork
import FleetStore
import OTPCore
import OTPService
import OTPWire

// What otp-enroll asks for at a host. A host speaks for its users about themselves; about others,
// a user needs a role in the fleet, a host with the right `admin`, and a code of their own each time.
extension Judge {
    func command(
        _ request: Request, of caller: FleetCaller, permit: String?, _ act: Act,
        in database: Database
    ) throws(StoreError) -> HostAnswer {
        let asking = User(name: Array(caller.user.utf8), uid: caller.uid, gid: .max)
        guard request.command.auditKind != nil else {
            return try refuse(request.command, .fleetRole, to: asking, act, in: database)
        }
        switch request.command {
        case .recorded, .rows:
            guard !caller.isRoot, asking == act.user else {
                return try refuse(request.command, .fleetRole, to: asking, act, in: database)
            }
            return try list(request, permit: permit, act, in: database)
        case .move:
            var act = act
            act.isMove = true
            return try help(
                request, asking, permit: permit, former: caller.former, act, in: database)
        default: break
        }
        guard caller.isRoot || asking == act.user else {
            return try help(request, asking, permit: permit, act, in: database)
        }
        // Root at a host is nobody in the fleet, and acts there for the user.
        let user = caller.isRoot ? act.user : asking
        let by = caller.isRoot && request.command.isImport ? Rights.Caller.root : .user
        if let denial = Judge.denial(of: request.command, by: by, at: act.host) {
            return try refuse(request.command, denial, to: user, act, in: database)
        }
        return try run(
            request, as: by, Judge.right(to: request.command, of: by), asking: user, act,
            in: database)
    }

    /// What may be done about oneself: what is so on one host, and finding a device whose clock or
    /// counter is off, which is root's there, and takes two codes in a row.
    private static func right(to command: Command, of caller: Rights.Caller) -> Rights.Right {
        if case .resync = command { return .allowed }
        return Rights.right(to: Rights.kind(of: command), of: caller, about: .oneself)
    }

    /// Why a command about oneself is refused; `nil` if it is not.
    private static func denial(
        of command: Command, by caller: Rights.Caller, at host: HostRow
    ) -> Reply.Denial? {
        switch command {
        // It learns the key, or backup codes, or could have codes sent to a place of its own.
        case .begin, .confirm, .renewBackupCodes, .contact(_, .some), .confirmContact:
            if !host.rights.contains("enroll") { return .hostRight(name: "enroll") }
        case .take:
            if !host.rights.contains("import") { return .hostRight(name: "import") }
        default: break
        }
        guard right(to: command, of: caller) == .denied else { return nil }
        // Nobody has a role for themselves.
        return Rights.kind(of: command) == .help ? .fleetRole : .rootOnly
    }

    /// Does what somebody with a role asks for about another user: after a code of their own, or, to
    /// look, with what has come with an act that took one.
    private func help(
        _ request: Request, _ asking: User, permit: String?, former: NumberDocument? = nil,
        _ act: Act, in database: Database
    ) throws(StoreError) -> HostAnswer {
        guard let helper = try role(of: asking, at: act.host, in: database) else {
            return try refuse(request.command, .fleetRole, to: asking, act, in: database)
        }
        guard helper.allows(request.command, on: nil) else {
            return try refuse(request.command, .fleetRole, to: asking, act, in: database)
        }
        let theirs = try role(of: act.user, at: act.host, in: database)
        guard helper.allows(request.command, on: theirs) else {
            return try refuse(request.command, .fleetProtected, to: asking, act, in: database)
        }
        if let proof = request.proof {
            if let done = try database.repeated(act) { return Judge.answer(done) }
            let proven = try prove(proof, by: asking, act, in: database)
            guard Judge.isAccepted(proven) else { return proven }
        } else if request.command == .status {
            var isPermitted = false
            _ = try database.look(act) { (records) throws(StoreError) in
                isPermitted = try Judge.isPermitted(permit, for: asking, act, in: records)
                return []
            }
            guard isPermitted else { return try askForProof() }
        } else {
            return try askForProof()
        }
        return try run(
            request, as: .helper, .allowed, asking: asking, former: former,
            permits: request.proof != nil, act, in: database)
    }

    /// What a user may do for others at a host; `nil` for nothing.
    func role(
        of user: User, at host: HostRow, in database: Database
    ) throws(StoreError) -> FleetRole? {
        guard host.rights.contains("admin") else { return nil }
        let name = UserName(realm: host.realm, name: String(decoding: user.name, as: UTF8.self))
        return try database.role(of: name).flatMap { FleetRole(rawValue: $0) }
    }

    /// Tries a code of whoever asks for something about others. The audit calls it `kind` if it is
    /// accepted. It counts only where it is judged now: one that the same request has used up before
    /// begins nothing, and shows nothing.
    func prove(
        _ proof: String, by asking: User, as kind: String? = nil, _ act: Act,
        in database: Database
    ) throws(StoreError) -> HostAnswer {
        var proving = act
        (proving.user, proving.isMove) = (asking, false)
        proving.request = act.request.partner
        let performed = try perform(
            Request(.verify(code: Judge.ownCode(proof))), as: .user, .allowed, asking: asking,
            proven: kind, proving, in: database)
        if case .done(let done) = performed, done.isRepeated {
            return .unavailable("the code was used up by this request, which may not have ended")
        }
        return Judge.answer(performed)
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

    static func isAccepted(_ answer: HostAnswer) -> Bool {
        guard case .answered(let bytes, _) = answer, let reply = try? Document.fleetReply(bytes),
            case .reply(let inner) = reply.result, case .outcome(let outcome) = inner.result
        else { return false }
        return outcome.isAccepted
    }

    /// Who does a request, and where.
    func handler(
        for caller: Rights.Caller, _ right: Rights.Right, asking: User,
        former: NumberDocument? = nil, _ act: Act, on records: FleetRecords,
        _ lines: PendingLines, _ messages: PendingMessages
    ) throws(StoreError) -> RequestHandler<FleetSurroundings> {
        guard let source = SourceID(SourceID.command.text, isKey: false, at: act.host.name) else {
            throw StoreError(.system, [], "a source cannot be made")
        }
        var here = FleetSurroundings(
            records: records, options: policy, source: source,
            hostName: Array(authority.fleet.text.utf8), lines: lines, announcer: messages)
        here.goesByNames = records.goesByNames
        here.former = former.flatMap { former in
            former.users.first.map {
                User(name: Array($0.utf8), uid: former.uid, gid: .max)
            }
        }
        return RequestHandler(
            for: caller, about: act.user, asking: asking,
            operatorName: asking.name + Array("@\(act.host.name)".utf8), right: right, in: here)
    }

    /// Runs a request in a unit of work about `act.user`, and answers.
    private func run(
        _ request: Request, as caller: Rights.Caller, _ right: Rights.Right, asking: User,
        former: NumberDocument? = nil, permits: Bool = false, _ act: Act, in database: Database
    ) throws(StoreError) -> HostAnswer {
        Judge.answer(
            try perform(
                request, as: caller, right, asking: asking, former: former, permits: permits, act,
                in: database))
    }

    /// Runs a request in a unit of work about `act.user`. If it tries a code that is right, the audit
    /// calls that `proven`, or else what the command is called. With `permits`, whoever asks may look
    /// at others for a while.
    private func perform(
        _ request: Request, as caller: Rights.Caller, _ right: Rights.Right, asking: User,
        former: NumberDocument? = nil, proven: String? = nil, permits: Bool = false, _ act: Act,
        in database: Database
    ) throws(StoreError) -> Performed {
        let (lines, messages) = (PendingLines(), messages(at: act.host))
        let performed: Performed
        do throws(StoreError) {
            performed = try database.perform(act) { (records) throws(StoreError) in
                lines.clear()
                messages.clear()
                let handler = try handler(
                    for: caller, right, asking: asking, former: former, act, on: records, lines,
                    messages)
                let result: Reply.Result
                do throws(StoreError) {
                    result = try handler.run(request)
                } catch {
                    guard Judge.isTheRecordsOwn(error) else { throw error }
                    result = .failed(trouble: TroubleDocument(error))
                }
                var entry = Judge.entry(for: result, of: request.command, by: asking)
                if let proven, entry?.granted == true { entry?.kind = proven }
                let permit =
                    permits ? try Judge.permit(toLookFor: asking, act, in: records) : nil
                return ActAnswer(
                    reply: try Judge.encoded(
                        FleetReply(.reply(reply: Reply(result)), permit: permit)),
                    audit: entry)
            }
        } catch {
            lines.write(at: act.host, isStored: false)
            throw error
        }
        if case .done(let done) = performed, !done.isRepeated { lines.write(at: act.host) }
        post(messages, after: performed)
        return performed
    }

    /// Has otp-enroll ask for a code, and send the command again. Each act begins so: nothing is refused
    /// yet, and the audit has no row. What becomes of the code has one.
    private func askForProof() throws(StoreError) -> HostAnswer {
        count(.ownProofNeeded)
        let reply = FleetReply(.reply(reply: Reply(.denied(reason: .ownProofNeeded))))
        return .answered(try Judge.encoded(reply), receipt: nil)
    }

    /// What the audit says of a command; `nil` for one that only looks, or has to come again.
    private static func entry(
        for result: Reply.Result, of command: Command, by asking: User
    ) -> AuditEntry? {
        guard let kind = command.auditKind, !command.onlyLooks else { return nil }
        var entry = AuditEntry(
            kind: kind, granted: false, origin: "otp-enroll", actor: Judge.shown(asking))
        switch result {
        case .outcome(let outcome):
            entry.granted = outcome.isAccepted
            entry.detail = outcome.reason
            entry.isFailure = Judge.isGuess(outcome)
        case .done(let change):
            entry.granted = true
            entry.detail =
                change.authenticator?.name ?? change.record?.summary ?? ""
        case .begun, .taken: entry.granted = true
        case .verdict: entry.detail = "wrong"
        // As in `askForProof`.
        case .denied(.proofNeeded): return nil
        case .denied(let reason): entry.detail = reason.word
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

extension NumberDocument {
    /// Whose record it was.
    fileprivate var summary: String { "\(users.first ?? "") (\(uid))" }
}
