import FleetStore
import OTPCore
import OTPService
import OTPStore
import OTPWire

// The steps of a login.
extension Judge {
    /// Does a step on the records of one unit of work.
    func step(
        _ call: FleetCall, _ act: Act, on records: FleetRecords, _ messages: PendingMessages
    ) throws(StoreError) -> ActAnswer {
        let accounts = RecordAccounts(
            clock: FleetClock(), random: SystemRandom(), options: policy, send: messages.send,
            openStore: { () throws(StoreError) in records })
        let permit = try call.permit.flatMap { (text) throws(StoreError) in
            try Permit.read(text, in: records)
        }
        let license = FleetLicense(
            host: act.host.name, enrolls: act.host.rights.contains("enroll"),
            admitsFirst: policy.firstEnrollment != .root, trustsKeys: policy.trustsKeys,
            isProven: permit?.isGood(.login, for: act) ?? false,
            delivers: policy.deliver != nil)
        var result: FleetReply.Result
        do throws(StoreError) {
            result = try call.run(on: accounts, for: license) ?? .denied(reason: .malformed)
        } catch {
            guard Judge.isTheRecordsOwn(error) else { throw error }
            result = .failed(trouble: TroubleDocument(error))
        }
        if case .judged(var judgement) = result, judgement.outcome.isAccepted {
            judgement.permit = try Permit(.login, for: act).seal(in: records)
            result = .judged(judgement: judgement)
        }
        var entry = Judge.entry(for: result, of: call)
        if case .sendCode(let kind, _) = call.step, !messages.messages.isEmpty {
            entry = AuditEntry(
                kind: "code-sent", granted: true, detail: kind, origin: call.placeText)
        }
        return ActAnswer(reply: try Judge.encoded(FleetReply(result)), audit: entry)
    }

    /// Whether an error concerns one record, which no other server can help with either.
    static func isTheRecordsOwn(_ error: StoreError) -> Bool {
        switch error.code {
        case .otherUser, .damaged, .exists: true
        default: false
        }
    }

    /// Whether an outcome costs the host one of its failures: an answer was compared with a record,
    /// and was not a code of it. Nothing else can be guessed from.
    static func isGuess(_ outcome: OutcomeDocument) -> Bool {
        switch outcome.refusal {
        case .wrong, .outsideWindow, .usedBackupCode, .usedTemporaryCode, .expired: true
        default: false
        }
    }

    static func encoded(_ reply: FleetReply) throws(StoreError) -> [UInt8] {
        do throws(Document.Problem) {
            return try Document.encode(reply)
        } catch {
            throw StoreError(.system, [], "the reply is too long")
        }
    }

    /// What the audit calls a step for which the host lacks a right.
    static let denied = "denied"

    /// What the audit says of a step; `nil` for one that only looks.
    private static func entry(for result: FleetReply.Result, of call: FleetCall) -> AuditEntry? {
        switch result {
        case .judged(let judgement):
            let isGranted = judgement.outcome.isAccepted
            var entry = AuditEntry(
                kind: "login", granted: isGranted, detail: judgement.outcome.reason,
                origin: call.placeText, isFailure: Judge.isGuess(judgement.outcome))
            entry.backupCode = judgement.outcome.backupCode
            return entry
        case .look(.trusted(let name, _)):
            return AuditEntry(
                kind: "login", granted: true, detail: "trusted-key \(name)",
                origin: call.placeText)
        case .look(.notEnrolled), .look(.mayNotEnroll):
            // The host may let the user in for that, so it has to be true at the standby as well.
            return AuditEntry(
                kind: "look", granted: false, detail: "not-enrolled", origin: call.placeText)
        case .welcome:
            return AuditEntry(
                kind: "login", granted: true, detail: "security-key", origin: call.placeText)
        case .trusted(let name):
            return AuditEntry(
                kind: "trust", granted: name != nil, detail: name ?? "", origin: call.placeText)
        case .kept(let kept):
            return AuditEntry(
                kind: "enroll", granted: kept != nil, detail: kept?.authenticator.name ?? "")
        case .denied(.right):
            return AuditEntry(kind: denied, granted: false, detail: "right", isFailure: true)
        case .failed(let trouble):
            return AuditEntry(kind: "login", granted: false, detail: trouble.code)
        default: return nil
        }
    }
}

extension FleetCall {
    /// Where a login comes from: service and address.
    fileprivate var placeText: String {
        let place: PlaceDocument? =
            switch step {
            case .look(_, let place): place
            case .judge(_, _, let place): place
            case .noteLogin(_, _, let place): place
            case .trust(_, let place): place
            case .sendCode(_, let place): place
            default: nil
            }
        guard let place else { return "" }
        let text = place.address.isEmpty ? place.service : "\(place.service) \(place.address)"
        return String(decoding: LogLine.visible(Array(text.utf8)), as: UTF8.self)
    }
}

/// A server's clock. Another server may judge next, so the time since a boot means nothing.
struct FleetClock: Clock {
    func now() throws(StoreError) -> UInt64 { try SystemClock().now() }
    func boot() -> BootTime? { nil }
}
