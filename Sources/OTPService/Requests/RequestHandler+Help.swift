import OTPCore
import OTPWire

// What an admin does for a user who has lost something.
extension RequestHandler {
    /// Ends everything that logs the user in. A record that can no longer be read is replaced by an
    /// empty one.
    func reset() throws(StoreError) -> Reply.Result {
        do throws(StoreError) {
            return try endAll(.reset, isForEnrolled: false)
        } catch {
            // Whose record it was is in doubt then, and so is whether the help desk may.
            guard caller != .helper, RequestHandler.isTheRecordsOwn(error),
                let store = try here.store()
            else { throw error }
            if error.code == .otherUser, try isNeeded(error.subject, in: store) { throw error }
            return try replace(in: store, because: error)
        }
    }

    /// Whether the record belongs to another user and must not be replaced: to the user who had the
    /// UID before, or to one who is here with another UID.
    private func isNeeded(_ path: [UInt8], in store: Here.Records) throws(StoreError) -> Bool {
        guard path == store.path(ofRecordOf: user) else { return true }
        guard let owner = try store.owner(of: user.uid) else { return false }
        return try here.users.otherNumber(of: owner) != nil
    }

    /// Whether the error concerns this record for good, rather than the whole store.
    private static func isTheRecordsOwn(_ error: StoreError) -> Bool {
        switch error.code {
        case .damaged, .otherUser, .otherKey: true
        default: false
        }
    }

    private func replace(
        in store: Here.Records, because trouble: StoreError
    ) throws(StoreError) -> Reply.Result {
        try store.remove(user)
        let event = event(.reset, at: try clock.now())
        _ = try store.edit(user, makesRecord: true) { (record) -> Edited<Void> in
            record.removeAll()
            // Nobody knows how often the previous record was reset.
            record.raiseEpoch(at: event.time)
            record.note(event)
            return .kept(())
        }
        log(event)
        var done = ChangeDocument(event)
        done.trouble = TroubleDocument(trouble)
        return .done(change: done)
    }

    /// Forgets the failures, now or after this many seconds.
    func unlock(after seconds: UInt64?) throws(StoreError) -> Reply.Result {
        guard seconds.map({ Throttle.unlockRange.contains($0) }) ?? true else {
            return .denied(reason: .malformed)
        }
        var (failures, opens) = (UInt32(0), UInt64?.none)
        return try change(
            .unlocked, nil, isForEnrolled: false,
            fill: { ($0.failures, $0.opens) = (failures, opens) }
        ) { (record, now) in
            failures = record.throttle.failures
            opens = seconds.map { now &+ $0 }
            if let opens {
                record.throttle.unlock(at: opens)
            } else {
                record.throttle.unlock()
            }
            return .success(
                seconds.map { Array("after \(UserText.duration($0))".utf8) } ?? [])
        }
    }

    /// Makes a temporary code, even for a user without a record. With an address it is sent there,
    /// and not told to the caller.
    func issue(for seconds: UInt64?, to address: String?) throws(StoreError) -> Reply.Result {
        let recipient = address.flatMap { MailAddress($0) }
        guard address == nil || recipient != nil else { return .denied(reason: .malformed) }
        var language: Language?
        let now = try saneTime()
        let hours = UInt64(options.temporaryHours)
        let validity = seconds ?? min(86_400, hours * 3600)
        guard validity <= hours * 3600, IssuedCode.validRange.contains(validity) else {
            return .denied(reason: .validity(hours: hours))
        }
        let event = event(.temporaryCodeIssued, at: now)
        var done = ChangeDocument(event)
        let store = try storeForMore()
        _ = try store.edit(user, makesRecord: true) {
            (record) throws(StoreError) -> Edited<Void> in
            var bytes = try random.bytes(TemporaryCode.randomLength)
            record.issueTemporaryCode(
                at: now, validFor: validity, boot: clock.boot(), random: &bytes,
                salt: try random.bytes(HashedCode.saltLength)
            ) { done.temporaryCode = $0 }
            record.note(event)
            _ = record.throttle.repair(at: now, closedFor: options.closedFor)
            done.expires = record.temporaryCode?.expires
            done.isLocked = record.throttle.lockedUntil(at: now) != nil
            language = record.language
            return .kept(())
        }
        log(event)
        if let recipient { send(&done, in: language, to: recipient) }
        return .done(change: done)
    }

    /// Moves the temporary code from the reply to a mail.
    private func send(
        _ done: inout ChangeDocument, in language: Language?, to recipient: MailAddress
    ) {
        guard let code = done.temporaryCode, let end = done.expires else { return }
        done.temporaryCode = nil
        do throws(MessengerClient.Problem) {
            try announcer.send(
                temporaryCode: code, of: user, in: language, to: recipient, until: end)
        } catch {
            here.log(.warning, LogLine(untold: user, because: error.text))
            done.unsent = error.text
        }
    }

    func revokeIssued() throws(StoreError) -> Reply.Result {
        try change(.temporaryCodeRevoked, nil, isForEnrolled: false) { (record, now) in
            guard let code = record.temporaryCode, code.used == 0, now < code.expires else {
                return .failure(.noTemporaryCode)
            }
            record.revokeTemporaryCode()
            return .success([])
        }
    }

    /// The time, if the clock can be right.
    func saneTime() throws(StoreError) -> UInt64 {
        let now = try clock.now()
        guard now >= MachineTime.earliest else {
            throw StoreError(.clock, [], "this machine's clock is years behind")
        }
        return now
    }

    // MARK: Trying

    /// Tries a code as a login would.
    func verify(_ code: String) throws(StoreError) -> Reply.Result {
        let answer = RequestHandler.answer(code)
        guard let session = try open() else {
            return .outcome(outcome: OutcomeDocument(.refused(.noRecord), authenticators: []))
        }
        defer { session.close() }
        let outcome = try attempt(as: .verified).run(
            answer, on: session, at: try clock.now(), boot: clock.boot())
        let authenticators = session.withRecord { $0.authenticators }
        session.close()
        log(outcome)
        return .outcome(outcome: OutcomeDocument(outcome, authenticators: authenticators))
    }

    func resync(
        _ first: String, _ second: String, of text: String?
    ) throws(StoreError) -> Reply.Result {
        var wanted: Name?
        if let text {
            guard let name = Name(text.utf8) else { return .denied(reason: .noSuchAuthenticator) }
            wanted = name
        }
        let answer = RequestHandler.answer(first)
        let next = RequestHandler.answer(second)
        guard let resync = Resync(answer, next, of: wanted) else {
            return .outcome(outcome: OutcomeDocument(.refused(.malformed), authenticators: []))
        }
        guard let session = try open() else { return .denied(reason: .notEnrolled) }
        defer { session.close() }
        let now = try clock.now()
        let outcome = try attempt(as: .resynchronized).run(resync, on: session, at: now)
        let authenticators = session.withRecord { $0.authenticators }
        session.close()
        guard case .granted(.code(let name, let drift)) = outcome else {
            log(outcome)
            return .outcome(outcome: OutcomeDocument(outcome, authenticators: authenticators))
        }
        let event = event(.resynchronized, detail: name.bytes, at: now)
        log(event)
        var done = ChangeDocument(event)
        done.authenticator = authenticators.first { $0.name == name }
            .map(AuthenticatorDocument.init)
        done.drift = drift
        return .done(change: done)
    }
}
