/// The login: what to ask, in which order, when to stop.
///
/// It never lets anybody in by accident: everything that throws is `unavailable`, only
/// `Attempt.run` returns `granted`, and everything else in `LoginResult` that lets a user pass was
/// configured by the admin.
public struct LoginFlow<
    Talk: Conversation, Time: Clock, Users: UserDirectory, Records: RecordStore,
    Random: Randomness, Codes: QREncoder
> {
    let conversation: Talk
    let clock: Time
    let users: Users
    let random: Random
    let codes: Codes
    let options: Options
    /// This machine's host name.
    let hostName: () -> [UInt8]
    /// Sends a code; whether it is on its way.
    let send: (CodeMessage) -> Bool
    /// Opens the store. Called whenever it is needed; the store is never kept open during a
    /// question.
    let openStore: () throws(StoreError) -> Records

    public init(
        conversation: Talk, clock: Time, users: Users, random: Random, codes: Codes,
        options: Options, hostName: @escaping () -> [UInt8],
        send: @escaping (CodeMessage) -> Bool = { _ in false },
        openStore: @escaping () throws(StoreError) -> Records
    ) {
        self.conversation = conversation
        self.clock = clock
        self.users = users
        self.random = random
        self.codes = codes
        self.options = options
        self.hostName = hostName
        self.send = send
        self.openStore = openStore
    }

    /// Runs one login of `name` from `place`.
    public func run(_ name: [UInt8], from place: LoginOrigin) -> LoginResult {
        do throws(StoreError) {
            let user = try users.user(named: name)
            if let user, let result = try pass(user, from: place) { return result }
            return try ask(user, name, from: place)
        } catch {
            conversation.say(UserText.unavailable)
            return .unavailable(error)
        }
    }

    /// The ways in without a code from an enrolled device; `nil` if the user must be asked for one.
    /// The store is opened only if needed, and closed again: nothing is held while somebody types.
    private func pass(_ user: User, from place: LoginOrigin) throws(StoreError) -> LoginResult? {
        if let reason = try exemption(of: user, from: place) { return .ignored(reason) }
        if options.admitsSecurityKeys, let key = place.sshMethods?.securityKey {
            return admit(user, bySecurityKey: key, from: place)
        }
        let key = options.trustsKeys ? place.sshMethods?.key : nil
        let enrolls = mayEnroll(at: place)
        guard key != nil || enrolls || options.nullok else { return nil }
        switch try look(user, key, from: place, forRecord: enrolls || options.nullok) {
        case .admitted(let result): return result
        case .toBeAsked: return nil
        case .notEnrolled(let epoch):
            return enrolls
                ? try enrollFirst(user, from: place, in: epoch) : .ignored(.notEnrolled)
        }
    }

    /// What the store says before anything is asked.
    private enum Look {
        case admitted(LoginResult)
        case toBeAsked
        /// The record, if there is one, has this epoch.
        case notEnrolled(epoch: UInt64)
    }

    /// Looks for a trusted key, and then for a record. In a function of its own, so that the store
    /// is closed afterwards.
    private func look(
        _ user: User, _ key: SSHKey?, from place: LoginOrigin, forRecord: Bool
    ) throws(StoreError) -> Look {
        let store = try openStore()
        if let key, let result = try admit(user, by: key, from: place, store) {
            return .admitted(result)
        }
        guard forRecord else { return .toBeAsked }
        // Read before checking whether the user is enrolled: anything that ends later makes it
        // void.
        let epoch = mayEnroll(at: place) ? try epoch(of: user, in: store) : 0
        return try store.isEnrolled(user) ? .toBeAsked : .notEnrolled(epoch: epoch)
    }

    private func epoch(of user: User, in store: Records) throws(StoreError) -> UInt64 {
        guard let session = try store.open(user) else { return 0 }
        defer { session.close() }
        return session.withRecord { $0.epoch }
    }

    // MARK: Asking

    /// What the result of a try means for what follows.
    private struct Sequel {
        var enrolls = false
        /// The epoch of the record at the try.
        var epoch: UInt64 = 0
        /// The user's own language.
        var language: Language?
    }

    private func ask(
        _ user: User?, _ name: [UInt8], from place: LoginOrigin
    ) throws(StoreError) -> LoginResult {
        // Once: the group may be in a directory.
        let mayAskForCode = mayAskForCode(user, at: place)
        let questions = CodePrompt(
            conversation: conversation, options: options, at: place,
            tellsReasons: place.isHere || isProven(at: place),
            help: mayAskForCode ? user.map { help($0, at: place) } : nil)
        var sequel = Sequel()
        let result = try questions.ask { (typed) throws(StoreError) in
            let judged = try typed.withBytes { (bytes) throws(StoreError) in
                try self.try(
                    bytes, of: user, name, from: place, takesMessageCodes: mayAskForCode, &sequel)
            }
            // Not earlier: from the language a stranger could tell who is enrolled.
            if let language = sequel.language { conversation.speak(language) }
            return judged
        }
        guard case .granted(let factor) = result, let user else { return result }
        if sequel.enrolls, let name = enrollNext(user, from: place, in: sequel.epoch) {
            return .enrolled(factor, name)
        }
        if options.trustsKeys, conversation.isHeard, case .code = factor,
            let name = offerTrust(user, after: factor, from: place, in: sequel.epoch)
        {
            return .trusting(factor, name)
        }
        return result
    }

    /// Tries an answer; returns the outcome, and the sentences for a user who is let in.
    private func `try`(
        _ typed: Span<UInt8>, of user: User?, _ name: [UInt8], from place: LoginOrigin,
        takesMessageCodes: Bool, _ sequel: inout Sequel
    ) throws(StoreError) -> (Outcome, [Phrase]) {
        let answer = options.forwardsPass ? JoinedAnswer.answer(typed) : Answer(typed)
        // Before anything is looked up, so that it ends in the same way for everybody.
        if answer.isEmpty { return (.refused(.empty), []) }
        // Depends only on the answer's form, so that it takes the same time for all strangers.
        let isTimed = takesMessageCodes ? answer.endsWithTime : answer.isTemporaryCode
        let boot = isTimed ? clock.boot() : nil
        let attempt = Attempt(
            verifier: Verifier(window: options.window), origin: place.origin,
            source: place.source, tellsNotices: conversation.isHeard,
            closedFor: options.closedFor, takesMessageCodes: takesMessageCodes)
        let records = try openStore()
        guard let user, let session = try openEnrolled(user, in: records) else {
            if options.forwardsPass { forward(typed, digits: JoinedAnswer.usualDigits) }
            let refusal = try spend(answer, on: name, in: records, attempt, boot: boot)
            guard refusal == .noRecord else { return (.refused(refusal), []) }
            return (.refused(missing(user)), [])
        }
        defer { session.close() }
        // After the lock, which may have taken a while: the throttle uses this time.
        let now = try clock.now()
        let notices = session.withRecord { $0.notices }
        let outcome = try attempt.run(answer, on: session, at: now, boot: boot)
        if options.forwardsPass {
            // A verifier must not learn from the length how many digits somebody's codes have.
            if place.verifier != nil, !outcome.isGranted {
                forward(typed, digits: JoinedAnswer.usualDigits)
            } else {
                forward(typed, outcome, session)
            }
        }
        guard case .granted(let factor) = outcome else {
            // If that is in doubt, all refused users are told the same, enrolled or not.
            try records.prove()
            return (outcome, [])
        }
        let left = session.withRecord { $0.backupCodesLeft }
        sequel.enrolls = session.withRecord { enrollsNext($0, after: factor) }
        sequel.epoch = session.withRecord { $0.epoch }
        sequel.language = session.withRecord { $0.language }
        let listener = session.withRecord { $0.listener(by: factor) }
        var told = notices.sentences(
            to: listener, after: factor, at: now, backupCodesLeft: left,
            enrollsNext: sequel.enrolls,
            clockIsOffBy: skew(factor, session, at: now))
        if case .code = factor { return (outcome, told) }
        told += remark(on: session, at: now)
        return (outcome, told)
    }

    /// What to tell a user who got in without a code while codes are not accepted, for example at
    /// sudo.
    func remark(on session: Records.Session, at now: UInt64) -> [Phrase] {
        session.withRecord { $0.throttle.lockedUntil(at: now) } == .max
            ? [UserText.closedElsewhere] : []
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

    /// Why a user without anything to log in with is refused.
    private func missing(_ user: User?) -> Outcome.Refusal {
        if user == nil { return .unknownUser }
        return options.enroll == .off || options.firstEnrollment == .root ? .noRecord : .unproven
    }

    /// How far the clock of the device is off whose code was used; 0 if there is nothing to report.
    private func skew(
        _ factor: Outcome.Factor, _ session: Records.Session, at now: UInt64
    ) -> Int {
        guard case .code(let name, let offset) = factor, offset != 0 else { return 0 }
        return session.withRecord { record in
            record.authenticators.first { $0.name == name }?
                .clockSkew(of: offset, at: now, window: options.window) ?? 0
        }
    }

    // MARK: Users who cannot be let in

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

    // MARK: Joined answers

    /// Passes the part before the code to the next module.
    private func forward(_ typed: Span<UInt8>, _ outcome: Outcome, _ session: Records.Session) {
        var digits = session.withRecord { $0.authenticators.first?.digits }
        if case .granted(.code(let name, _)) = outcome {
            digits = session.withRecord { record in
                record.authenticators.first { $0.name == name }?.digits
            }
        }
        forward(typed, digits: digits ?? JoinedAnswer.usualDigits)
    }

    private func forward(_ typed: Span<UInt8>, digits: UInt8) {
        let length = JoinedAnswer.codeLength(typed, digits: digits)
        conversation.forward(typed.extracting(first: typed.count - length))
    }
}
