/// One try with one answer on one record; logins and commands share it.
public struct Attempt: Sendable {
    /// How codes are compared.
    public let verifier: Verifier
    /// Where the try came from, for the event log.
    public let origin: [UInt8]
    /// The source that failures count for.
    public let source: SourceID
    /// The kind of event that a success is recorded as.
    public let successKind: Event.Kind
    /// Whether a success shows the record's notices to the user, so that they count as told.
    public let tellsNotices: Bool
    /// The seconds after which a closed account opens by itself; `nil` for never.
    let closedFor: UInt64?
    /// Whether codes sent by message are accepted: at logins that may ask for them, never as a proof
    /// for a change.
    let takesMessageCodes: Bool

    public init(
        verifier: Verifier, origin: [UInt8], source: SourceID, successKind: Event.Kind = .login,
        tellsNotices: Bool = false, closedFor: UInt64? = nil, takesMessageCodes: Bool = false
    ) {
        self.closedFor = closedFor
        self.takesMessageCodes = takesMessageCodes
        self.verifier = verifier
        self.origin = origin
        self.source = source
        self.successKind = successKind
        self.tellsNotices = tellsNotices
    }

    /// Charges one failure, verifies, burns and refunds, and returns only when all of it is
    /// durable. What is not a guess is not charged, but takes the same time and writes; it leaves
    /// no event, because there is room for few. `boot` is used only for temporary codes.
    public func run<Session: RecordSession>(
        _ answer: borrowing Answer, on session: Session, at now: UInt64, boot: BootTime? = nil
    ) throws(StoreError) -> Outcome {
        if answer.isEmpty { return .refused(.empty) }
        // As for a user without a record: nothing is counted, because nothing can be guessed.
        guard session.withRecord({ $0.isEnrolled }) else {
            spend(on: answer, at: now)
            return .refused(.noRecord)
        }
        try settle(session, at: now)
        let plan = session.withRecord { self.plan(for: answer, on: $0, at: now) }
        if case .compared(_, counts: true) = plan {
            session.withRecord { $0.throttle.charge(at: now, from: source) }
        }
        try session.charge()
        let outcome = session.withRecord { record -> Outcome in
            switch plan {
            case .refused(let refusal):
                spend(on: &record, at: now)
                Verifier.spend(on: answer)
                return .refused(refusal)
            case .compared(let mark, let counts):
                let outcome = verify(answer, on: &record, at: now, boot: boot)
                guard counts || outcome.isGranted else { return outcome }
                return finish(outcome, on: &record, at: now, mark: mark)
            }
        }
        try session.commit()
        return outcome
    }

    /// What to do with an answer.
    private enum Plan {
        /// Compare it. If it counts, it is a failure until it proves right.
        case compared(mark: UInt64, counts: Bool)
        /// Do not compare it.
        case refused(Outcome.Refusal)
    }

    private func plan(
        for answer: borrowing Answer, on record: borrowing Record, at now: UInt64
    ) -> Plan {
        let closed = refusal(by: record.throttle, at: now)
        // Nobody can guess the long codes, and a right one gets in whatever others have guessed.
        // During a wait a wrong one does not count: otherwise a row of them would close the
        // account.
        if let closed, !answer.isLong { return .refused(closed) }
        guard record.couldAccept(answer, takesMessageCodes ? now : nil), let mark = answer.mark
        else {
            return .refused(.malformed)
        }
        if record.refusedAnswers.contains(mark) {
            // A long code may have become valid, such as after the clock was corrected.
            return answer.isLong ? .compared(mark: mark, counts: false) : .refused(.repeated)
        }
        return .compared(mark: mark, counts: closed == nil)
    }

    /// Why no try is allowed now; `nil` if one is.
    private func refusal(by throttle: Throttle, at now: UInt64) -> Outcome.Refusal? {
        switch throttle.permission(at: now, from: source) {
        case .open: nil
        case .wait(let seconds): .throttled(seconds: seconds)
        case .closed: .closed
        }
    }

    /// Does the work of a try that matches nothing.
    private func spend(on record: inout Record, at now: UInt64) {
        let digits = record.authenticators.first?.digits ?? HOTP.digitsRange.lowerBound
        _ = verifier.verify(.code(value: .max, digits: digits), against: &record, at: now)
    }

    /// Sets the drift or counter of an authenticator from two codes that it showed in succession,
    /// under the same throttle as any other try; both codes are burned.
    public func run<Session: RecordSession>(
        _ resync: Resync, on session: Session, at now: UInt64
    ) throws(StoreError) -> Outcome {
        if let refusal = try charge(session, at: now) { return .refused(refusal) }
        let outcome = session.withRecord { record in
            guard now >= MachineTime.earliest || resync.kind(in: record) == .hotp else {
                return finish(.refused(.clock), on: &record, at: now)
            }
            return finish(resync.run(on: &record, at: now), on: &record, at: now)
        }
        try session.commit()
        return outcome
    }

    /// Sets a contact whose code was right, and counts a wrong one like any other; why it was refused.
    public func run<Session: RecordSession>(
        _ contact: Contact, _ event: Event, isRight: Bool, on session: Session, at now: UInt64
    ) throws(StoreError) -> Outcome.Refusal? {
        if let refusal = try charge(session, at: now) { return refusal }
        session.withRecord { record in
            guard isRight else {
                _ = finish(.refused(.wrong), on: &record, at: now)
                return
            }
            record.throttle.succeed(at: now, from: source)
            record.setContact(contact, contact.kind)
            record.note(event)
        }
        try session.commit()
        return isRight ? nil : .wrong
    }

    /// Charges one failure before anything is compared; why not, if the throttle does not allow it.
    private func charge<Session: RecordSession>(
        _ session: Session, at now: UInt64
    ) throws(StoreError) -> Outcome.Refusal? {
        try settle(session, at: now)
        if let refusal = session.withRecord({ refusal(by: $0.throttle, at: now) }) {
            return refusal
        }
        session.withRecord { $0.throttle.charge(at: now, from: source) }
        try session.charge()
        return nil
    }

    /// Does what is due, such as opening what was closed for long enough.
    private func settle<Session: RecordSession>(
        _ session: Session, at now: UInt64
    ) throws(StoreError) {
        if session.withRecord({ $0.throttle.repair(at: now, closedFor: closedFor) }) {
            try session.commit()
        }
    }

    private func verify(
        _ answer: borrowing Answer, on record: inout Record, at now: UInt64, boot: BootTime?
    ) -> Outcome {
        let sane = now >= MachineTime.earliest
        let verdict = verifier.verify(
            answer, against: &record, at: now, boot: boot, clockIsSane: sane,
            takesMessageCodes: takesMessageCodes)
        let outcome: Outcome
        switch verdict {
        case .code(let index, let offset):
            let authenticator = record.authenticators[index]
            outcome = .granted(.code(authenticator: authenticator.name, offset: offset))
        case .backupCode(let index, let left):
            outcome = .granted(.backupCode(index: index, left: left))
        case .temporaryCode: outcome = .granted(.temporaryCode)
        case .messageCode(let kind): outcome = .granted(.messageCode(kind))
        case .replayed: outcome = .refused(.replayed)
        case .clockMovedBack(let seconds): outcome = .refused(.clockMovedBack(seconds: seconds))
        case .usedBackupCode: outcome = .refused(.usedBackupCode)
        case .usedTemporaryCode: outcome = .refused(.usedTemporaryCode)
        case .expiredTemporaryCode: outcome = .refused(.expired)
        case .temporaryCodeBeforeIssue: outcome = .refused(.clock)
        case .expiredMessageCode: outcome = .refused(.expired)
        case .outsideWindow(let offset):
            outcome = sane ? .refused(.outsideWindow(offset: offset)) : .refused(.clock)
        case .wrong: outcome = sane ? .refused(.wrong) : .refused(.clock)
        }
        return outcome
    }

    /// Refunds or keeps the failure, and records what happened.
    private func finish(
        _ outcome: Outcome, on record: inout Record, at now: UInt64, mark: UInt64? = nil
    ) -> Outcome {
        guard case .granted(let factor) = outcome else {
            if let mark, outcome.isAboutTheAnswer { record.refusedAnswers.append(mark) }
            record.note(
                Event(.failure, at: now, detail: Array(outcome.reason.utf8), origin: origin))
            record.notices.failed(at: now, from: origin)
            return outcome
        }
        record.throttle.succeed(at: now, from: source)
        record.note(Event(successKind, at: now, detail: factor.detail, origin: origin))
        if tellsNotices { record.notices.told(to: record.listener(by: factor), at: now) }
        switch factor {
        case .code: break
        // Whoever took over the number or the mailbox has logged in: the owner hears of it.
        case .messageCode:
            record.note(
                Event(.messageCodeUsed, at: now, detail: factor.detail, origin: origin))
        case .backupCode(_, let left):
            record.notices.remindsOfBackupCodes = left == 3 || left <= 1
            endTrust(in: &record, at: now)
        case .temporaryCode:
            endTrust(in: &record, at: now)
            record.note(Event(.temporaryCodeUsed, at: now, detail: [], origin: origin))
        }
        return outcome
    }

    /// Ends the trust in all SSH keys: a user who logs in without the device may have lost more.
    private func endTrust(in record: inout Record, at now: UInt64) {
        guard record.revokeAllTrust() > 0 else { return }
        record.note(Event(.trustRevoked, at: now, detail: [], origin: origin))
    }
}

extension Attempt {
    /// Does the work of a try as far as possible without a record.
    func spend(on answer: borrowing Answer, at now: UInt64) {
        guard let name = Name("none".utf8), let authenticator = Authenticator(name: name, added: 0)
        else { return }
        var nobody = Record()
        let key = [UInt8](repeating: 0, count: 20)
        do throws(Record.ChangeError) {
            try nobody.add(authenticator, key: key.span)
        } catch {
            return
        }
        _ = verifier.verify(answer, against: &nobody, at: now)
    }
}
