import OTPCore
import OTPWire

// Changes to an existing account.
extension RequestHandler {
    /// The result of a change: the event's detail, or why nothing was changed.
    typealias Change = Result<[UInt8], Reply.Denial>

    /// Changes the record of the user, after a proof if one is needed: both under one lock, so that
    /// nothing comes in between. Record and log get an event of `kind`; `fill` adds what else the
    /// reply tells.
    func change(
        _ kind: Event.Kind, _ proof: String?, isForEnrolled: Bool = true,
        fill: (inout ChangeDocument) -> Void = { _ in },
        _ body: (inout Record, UInt64) throws(StoreError) -> Change
    ) throws(StoreError) -> Reply.Result {
        var tried: Outcome?
        defer { log(tried) }
        guard let session = try open() else { return .denied(reason: .notEnrolled) }
        defer { session.close() }
        guard !isForEnrolled || session.withRecord({ $0.isEnrolled }) else {
            return .denied(reason: .notEnrolled)
        }
        if let reply = try refusal(of: proof, on: session, &tried) { return reply }
        let now = try clock.now()
        let change = try session.withRecord { (record) throws(StoreError) in
            try body(&record, now).map { detail in
                let event = event(kind, detail: detail, at: now)
                record.note(event)
                return event
            }
        }
        switch change {
        case .failure(let refusal): return .denied(reason: refusal)
        case .success(let event):
            try session.commit()
            // The record is unlocked first: a log may be slow.
            session.close()
            log(tried.take())
            log(event)
            var done = ChangeDocument(event)
            fill(&done)
            return .done(change: done)
        }
    }

    /// Tries the proof if one is needed; returns the reply if it is missing or refused. How the try
    /// ended goes to `tried`, to be logged once the record is unlocked.
    func refusal(
        of proof: String?, on session: Here.Records.Session, _ tried: inout Outcome?
    ) throws(StoreError) -> Reply.Result? {
        guard right == .withProof else { return nil }
        guard let proof else { return .denied(reason: .proofNeeded) }
        let answer = RequestHandler.answer(proof)
        let outcome = try attempt(as: .verified).run(
            answer, on: session, at: try clock.now(), boot: clock.boot())
        tried = outcome
        if case .granted = outcome { return nil }
        return .outcome(
            outcome:
                OutcomeDocument(outcome, authenticators: session.withRecord { $0.authenticators }))
    }

    func renewBackupCodes(_ proof: String?) throws(StoreError) -> Reply.Result {
        var codes: [String] = []
        return try change(.codesRenewed, proof, fill: { $0.backupCodes = codes }) {
            (record, now) throws(StoreError) in
            // The old ones log nobody in any more.
            record.raiseEpoch()
            codes = try record.renewBackupCodes(at: now, random: random)
            return .success([])
        }
    }

    func remove(_ text: String, _ proof: String?) throws(StoreError) -> Reply.Result {
        var ended: [String] = []
        return try change(.removed, proof, fill: { $0.trustEnded = ended }) { (record, _) in
            guard let name = Name(text.utf8),
                record.authenticators.contains(where: { $0.name == name })
            else { return .failure(.noSuchAuthenticator) }
            guard record.authenticators.count > 1 else {
                return .failure(.lastAuthenticator)
            }
            do throws(Record.ChangeError) {
                let trusted = record.trusted
                try record.remove(name)
                ended = record.trustEnded(since: trusted).map(\.text)
            } catch {
                return .failure(.noSuchAuthenticator)
            }
            return .success(name.bytes)
        }
    }

    func revokeTrust(
        in fingerprint: String?, _ proof: String?
    ) throws(StoreError) -> Reply.Result {
        // A backup code used as the proof ends all trust; then what was asked for is done as well.
        let before = try trusted(fingerprint)
        return try change(.trustRevoked, proof, isForEnrolled: caller == .user) { (record, _) in
            guard let fingerprint else {
                return record.revokeAllTrust() > 0 || !before.isEmpty
                    ? .success([]) : .failure(.notTrusted)
            }
            let key = record.trusted.first { SSHKey.text(of: $0.fingerprint) == fingerprint }
            if let key, let name = record.revokeTrust(in: key.fingerprint) {
                return .success(name.bytes)
            }
            return before.first.map { .success($0.bytes) }
                ?? .failure(.notTrusted)
        }
    }

    /// The names of the trusted keys: of this one, or of all.
    private func trusted(_ fingerprint: String?) throws(StoreError) -> [Name] {
        guard let session = try here.store()?.openForReading(user) else { return [] }
        defer { session.close() }
        return session.withRecord { record in
            record.trusted.filter {
                fingerprint == nil || SSHKey.text(of: $0.fingerprint) == fingerprint
            }.map(\.name)
        }
    }

    /// Stores the user's language. It is no event: it lets nobody in, and keeps nobody out.
    func speak(_ name: String?, unlessSet: Bool) throws(StoreError) -> Reply.Result {
        let language = name.flatMap { Language($0.utf8) }
        guard name == nil || language != nil else { return .denied(reason: .malformed) }
        guard let session = try open() else { return .denied(reason: .notEnrolled) }
        defer { session.close() }
        let isChanged = session.withRecord { record in
            guard record.language != language, !unlessSet || record.language == nil else {
                return false
            }
            record.language = language
            return true
        }
        if isChanged { try session.commit() }
        return .done(change: ChangeDocument(nil))
    }

    func disable(_ proof: String?) throws(StoreError) -> Reply.Result {
        guard caller != .user || options.userMayDisable else { return .denied(reason: .policy) }
        return try endAll(.disabled, proof, isForEnrolled: caller == .user)
    }

    /// Ends everything that logs the user in, and tells where codes were sent.
    func endAll(
        _ kind: Event.Kind, _ proof: String? = nil, isForEnrolled: Bool
    ) throws(StoreError) -> Reply.Result {
        var (old, language, time) = ([Contact](), Language?.none, UInt64(0))
        let reply = try change(kind, proof, isForEnrolled: isForEnrolled) { (record, now) in
            (old, language, time) = (record.messaging.contacts, record.language, now)
            record.removeAll()
            return .success([])
        }
        for contact in old { announcer.tell(old: contact, of: user, in: language, at: time) }
        return reply
    }
}
