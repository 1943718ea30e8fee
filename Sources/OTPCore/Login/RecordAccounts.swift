/// The accounts of a store.
public struct RecordAccounts<Time: Clock, Random: Randomness, Records: RecordStore>: Accounts {
    let clock: Time
    let random: Random
    let options: Options
    /// Sends a code; whether it is on its way.
    let send: (CodeMessage) -> Bool
    /// Opens the store. Called for each step.
    let openStore: () throws(StoreError) -> Records

    public init(
        clock: Time, random: Random, options: Options, send: @escaping (CodeMessage) -> Bool,
        openStore: @escaping () throws(StoreError) -> Records
    ) {
        self.clock = clock
        self.random = random
        self.options = options
        self.send = send
        self.openStore = openStore
    }

    /// Looks for a trusted key, and then for a record.
    public func look(
        _ user: User, _ question: AccountQuestion, from place: LoginOrigin
    ) throws(StoreError) -> AccountLook {
        let store = try openStore()
        if let key = question.key,
            let (name, welcome) = try use(
                key, of: user, isHeard: question.isHeard, from: place, store)
        {
            return .trusted(name, welcome)
        }
        guard question.wantsRecord else { return .toBeAsked }
        // Read before checking whether the user is enrolled: anything that ends later makes it
        // void.
        let epoch = question.enrolls ? try epoch(of: user, in: store) : 0
        return try store.isEnrolled(user) ? .toBeAsked : .notEnrolled(epoch: epoch)
    }

    private func epoch(of user: User, in store: Records) throws(StoreError) -> UInt64 {
        guard let session = try store.open(user) else { return 0 }
        defer { session.close() }
        return session.withRecord { $0.epoch }
    }

    /// Opens the record of a user who has something to log in with.
    func openEnrolled(
        _ user: User, in records: Records
    ) throws(StoreError) -> Records.Session? {
        guard let session = try records.open(user) else { return nil }
        if session.withRecord({ $0.isEnrolled }) { return session }
        session.close()
        return nil
    }

    // MARK: Trying an answer

    public func judge(
        _ typed: Span<UInt8>, of user: User?, named name: [UInt8], _ trial: Trial,
        from place: LoginOrigin
    ) throws(StoreError) -> Judgement {
        let answer = trial.isJoined ? JoinedAnswer.answer(typed) : Answer(typed)
        // Before anything is looked up, so that it ends in the same way for everybody.
        if answer.isEmpty { return Judgement(.refused(.empty)) }
        // Depends only on the answer's form, so that it takes the same time for all strangers.
        let isTimed = trial.takesMessageCodes ? answer.endsWithTime : answer.isTemporaryCode
        let boot = isTimed ? clock.boot() : nil
        let attempt = Attempt(
            verifier: Verifier(window: options.window), origin: place.origin,
            source: place.source, tellsNotices: trial.isHeard, closedFor: options.closedFor,
            takesMessageCodes: trial.takesMessageCodes)
        let records = try openStore()
        guard let user, let session = try openEnrolled(user, in: records) else {
            return Judgement(
                .refused(try spend(answer, on: name, in: records, attempt, boot: boot)))
        }
        defer { session.close() }
        // After the lock, which may have taken a while: the throttle uses this time.
        let now = try clock.now()
        let notices = session.withRecord { $0.notices }
        let outcome = try attempt.run(answer, on: session, at: now, boot: boot)
        var judgement = Judgement(outcome)
        judgement.digits = session.withRecord { $0.digits(after: outcome) }
        guard case .granted(let factor) = outcome else {
            // If that is in doubt, all refused users are told the same, enrolled or not.
            try records.prove()
            return judgement
        }
        session.withRecord { record in
            judgement.enrollsNext = trial.enrollsNext(record, after: factor)
            judgement.epoch = record.epoch
            judgement.welcome.language = record.language
            judgement.welcome.sentences = notices.sentences(
                to: record.listener(by: factor), after: factor, at: now,
                backupCodesLeft: record.backupCodesLeft, enrollsNext: judgement.enrollsNext,
                clockIsOffBy: record.skew(factor, at: now, window: options.window))
        }
        if case .code = factor { return judgement }
        judgement.welcome.sentences += remark(on: session, at: now)
        return judgement
    }

    /// What to tell a user who got in without a code while codes are not accepted, for example at
    /// sudo.
    func remark(on session: Records.Session, at now: UInt64) -> [Phrase] {
        session.withRecord { $0.throttle.lockedUntil(at: now) } == .max
            ? [UserText.closedElsewhere] : []
    }

    /// Does the work of a try that can only fail, on a record for which nobody has a code, so that
    /// no stranger learns who exists or is enrolled. Returns `noRecord`, or what the throttle says.
    private func spend(
        _ answer: borrowing Answer, on name: [UInt8], in records: Records, _ attempt: Attempt,
        boot: BootTime?
    ) throws(StoreError) -> Outcome.Refusal {
        guard let decoy = try records.openDecoy(for: name) else {
            attempt.spend(on: answer, at: try clock.now())
            return .noRecord
        }
        defer { decoy.close() }
        let now = try clock.now()
        switch try attempt.run(answer, on: decoy, at: now, boot: boot) {
        case .refused(.throttled(let seconds)): return .throttled(seconds: seconds)
        case .refused(.closed): return .closed
        // Whatever else it was, even a code that happens to match, it is nobody's.
        default: return .noRecord
        }
    }
}

extension Trial {
    /// Whether a user let in by `factor` is asked to enroll a device at once.
    fileprivate func enrollsNext(
        _ record: borrowing Record, after factor: Outcome.Factor
    ) -> Bool {
        guard case .temporaryCode = factor, isHeard else { return false }
        return enrolling == .everybody || (enrolling == .bare && record.authenticators.isEmpty)
    }
}

extension Record {
    /// The digits of the authenticator that let the user in, or else of the first one.
    fileprivate func digits(after outcome: Outcome) -> UInt8? {
        if case .granted(.code(let name, _)) = outcome {
            return authenticators.first { $0.name == name }?.digits
        }
        return authenticators.first?.digits
    }

    /// How far the clock of the device is off whose code was used; 0 if there is nothing to report.
    fileprivate func skew(_ factor: Outcome.Factor, at now: UInt64, window: UInt8) -> Int {
        guard case .code(let name, let offset) = factor, offset != 0 else { return 0 }
        return authenticators.first { $0.name == name }?
            .clockSkew(of: offset, at: now, window: window) ?? 0
    }
}
