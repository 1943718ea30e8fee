/// One connection to swiftotpd: an ordinary user who acts on their own second factor.
///
/// It takes a request and gives a reply; reading, writing, time limits and the log are the
/// program's. Nothing of the record is held between requests, and no lock either.
public struct HelperSession<Time: Clock, Random: Randomness, Records: RecordStore>: ~Copyable {
    let user: User
    let clock: Time
    let random: Random
    let options: Options
    /// Opens the store; called for each request.
    let openStore: () throws(StoreError) -> Records
    /// Makes the record of a user who has none; throws `.exists` where somebody was faster.
    let makeRecord: (borrowing Record, User) throws(StoreError) -> Void
    /// Hears what happened, for the log.
    let journal: (HelperEntry) -> Void

    /// Whether a right code was given on this connection.
    var isProven = false
    /// The new authenticator that waits for its code, and its key.
    var pending: Pending?

    public init(
        of user: User, clock: Time, random: Random, options: Options,
        openStore: @escaping () throws(StoreError) -> Records,
        makeRecord: @escaping (borrowing Record, User) throws(StoreError) -> Void,
        journal: @escaping (HelperEntry) -> Void
    ) {
        self.user = user
        self.clock = clock
        self.random = random
        self.options = options
        self.openStore = openStore
        self.makeRecord = makeRecord
        self.journal = journal
    }

    /// What is made by `begin` and kept by `confirm`.
    struct Pending: ~Copyable {
        var authenticator: Authenticator
        let key: Secret
        let replaces: Bool
        var tries = 0
    }

    /// How often the code of a new authenticator may be wrong.
    static var maximumTries: Int { 10 }

    /// What the event list says about where it came from.
    var origin: [UInt8] {
        var origin = [UInt8]("otp-enroll " as StaticString)
        origin.append(copying: user.name.span)
        return origin
    }

    /// Answers one request; `nil` for what is none, after which nothing more should be read. To
    /// be wiped.
    public mutating func reply(to message: Span<UInt8>) -> [UInt8]? {
        guard let request = HelperRequest(decoding: message) else { return nil }
        do throws(StoreError) {
            return try obey(request)
        } catch {
            journal(.trouble(error))
            return HelperReply.deniedMessage(.unavailable, LogLine.visible(error.text))
        }
    }

    private mutating func obey(_ request: consuming HelperRequest) throws(StoreError) -> [UInt8] {
        switch consume request {
        case .enrolled: return HelperReply.flagMessage(try openStore().isEnrolled(user))
        case .status: return try status()
        case .prove(let answer): return try prove(answer)
        case .begin(let device): return try begin(device)
        case .confirm(let answer): return try confirm(answer)
        case .codes:
            return try changing(.codesRenewed) { (record, now) throws(StoreError) in
                .codes(try record.renewedBackupCodes(at: now, random: random))
            }
        case .remove(let name):
            return try changing(.removed) { (record, _) in
                record.removed(name)
            }
        case .disable:
            guard options.userMayDisable else { return HelperReply.deniedMessage(.policy) }
            let reply = try changing(.disabled) { (record, _) in
                record.removeAll()
                return .done(about: [])
            }
            // What was proven was about what is gone; whoever enrolls the user next starts anew.
            isProven = false
            return reply
        case .untrust(let fingerprint):
            return try changing(.trustRevoked) { (record, _) in
                record.untrusted(fingerprint)
            }
        }
    }

    /// Opens the user's record; `nil` where there is none, and where there is not even a store,
    /// which the first enrollment on a machine makes.
    func openIfThere() throws(StoreError) -> Records.Session? {
        let store: Records
        do throws(StoreError) {
            store = try openStore()
        } catch {
            guard error.code == .missing else { throw error }
            return nil
        }
        return try store.open(user)
    }

    // MARK: Looking and trying

    private func status() throws(StoreError) -> [UInt8] {
        guard let session = try openIfThere() else {
            return HelperReply.recordMessage(Record())
        }
        defer { session.close() }
        return session.withRecord { HelperReply.recordMessage($0.redacted()) }
    }

    private mutating func prove(_ answer: borrowing Answer) throws(StoreError) -> [UInt8] {
        guard let session = try openStore().open(user) else {
            return HelperReply.outcomeMessage(.refused(.noRecord), sentences: [])
        }
        let here: [UInt8] = []
        let attempt = Attempt(
            verifier: Verifier(window: options.window), origin: origin,
            source: SourceID(here.span), successKind: .verified)
        let outcome: Outcome
        do {
            defer { session.close() }
            let now = try clock.now()
            outcome = try attempt.run(
                answer, on: session, at: now, boot: answer.isTemporaryCode ? clock.boot() : nil)
        }
        // The record is free again: a log may be slow.
        journal(.tried(outcome))
        if case .granted = outcome { isProven = true }
        return HelperReply.outcomeMessage(outcome, sentences: [])
    }
}

/// What the helper's log tells.
public enum HelperEntry: Sendable {
    /// A code was tried, to prove who asks for a change.
    case tried(Outcome)
    /// The second factor was changed.
    case changed(Event)
    /// The store, the key or the clock.
    case trouble(StoreError)
}
