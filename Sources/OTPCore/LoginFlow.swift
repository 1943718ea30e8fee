/// The login: what to ask, in which order, when to stop.
///
/// It never lets anybody in by accident: whatever throws is `unavailable`, `granted` comes from
/// `Attempt.run` alone, and `ignored` has two sources, both named by the admin.
public struct LoginFlow<
    Talk: Conversation, Time: Clock, Users: UserDirectory, Records: RecordStore,
    Random: Randomness
> {
    let conversation: Talk
    let clock: Time
    let users: Users
    let random: Random
    let options: Options
    /// Opens the store. Called after the question, or before it where `nullok` needs to know.
    let openStore: () throws(StoreError) -> Records

    public init(
        conversation: Talk, clock: Time, users: Users, random: Random, options: Options,
        openStore: @escaping () throws(StoreError) -> Records
    ) {
        self.conversation = conversation
        self.clock = clock
        self.users = users
        self.random = random
        self.options = options
        self.openStore = openStore
    }

    /// Runs one login of `name` that came from `place`.
    public func run(_ name: [UInt8], from place: Place) -> LoginResult {
        do throws(StoreError) {
            let user = try users.user(named: name)
            if let user, let group = options.exemptGroup, try users.isMember(user, of: group) {
                return .ignored(.exempt)
            }
            let store = options.nullok && user != nil ? try openStore() : nil
            if let store, let user, try !store.isEnrolled(user) {
                return .ignored(.notEnrolled)
            }
            return try ask(user, from: place, store)
        } catch {
            conversation.say(UserText.unavailable)
            return .unavailable(error)
        }
    }

    /// `store` is the one that is open already, where `nullok` needed it.
    private func ask(
        _ user: User?, from place: Place, _ store: Records?
    ) throws(StoreError) -> LoginResult {
        let questions = Questions(conversation: conversation, options: options)
        let result = try questions.ask { (typed) throws(StoreError) in
            try self.try(typed.withBytes { Answer($0) }, of: user, from: place, store)
        }
        guard case .granted(.temporaryCode) = result, let user, options.enrollsAfterTemporary,
            conversation.isHeard, let name = enroll(user, from: place)
        else { return result }
        return .enrolled(.temporaryCode, name)
    }

    /// Tries an answer; with the outcome, the sentences for somebody who is let in.
    private func `try`(
        _ answer: borrowing Answer, of user: User?, from place: Place, _ store: Records?
    ) throws(StoreError) -> (Outcome, [String]) {
        // Before anything is looked up, so that it ends alike for everybody.
        if answer.isEmpty { return (.refused(.empty), []) }
        let now = try clock.now()
        // Asked for by the answer's form alone, so that it takes alike for everybody.
        let boot = answer.isTemporaryCode ? clock.boot() : nil
        let attempt = Attempt(
            verifier: Verifier(window: options.window), origin: place.origin,
            source: place.source, tellsNotices: conversation.isHeard)
        guard let user else {
            attempt.spend(on: answer, at: now)
            return (.refused(.unknownUser), [])
        }
        let records = if let store { store } else { try openStore() }
        guard let session = try records.open(user) else {
            attempt.spend(on: answer, at: now)
            return (.refused(.noRecord), [])
        }
        defer { session.close() }
        let notices = session.withRecord { $0.notices }
        let outcome = try attempt.run(answer, on: session, at: now, boot: boot)
        guard case .granted(let factor) = outcome else { return (outcome, []) }
        let left = session.withRecord { $0.backupCodesLeft }
        let enrolls = options.enrollsAfterTemporary
        let told = notices.sentences(
            after: factor, at: now, backupCodesLeft: left, enrollsNext: enrolls)
        return (outcome, told)
    }

    /// Asks somebody who is let in to enroll a new device; its name, where that was done.
    private func enroll(_ user: User, from place: Place) -> Name? {
        do throws(StoreError) {
            let enrollment = LoginEnrollment(
                conversation: conversation, clock: clock, random: random, records: try openStore(),
                options: options, origin: place.origin)
            return try enrollment.run(user)
        } catch {
            // The login stands: its code is used up, and nothing else was kept.
            conversation.inform(UserText.notEnrolled)
            return nil
        }
    }
}

/// How a login ended; `pam_swiftotp` has one table from this to PAM's codes.
public enum LoginResult: Equatable, Sendable {
    /// Let in, and what it was by is durably used up.
    case granted(Outcome.Factor)
    /// Let in as above, and then a new device was enrolled under this name.
    case enrolled(Outcome.Factor, Name)
    /// Asked, and not let in.
    case refused(Outcome.Refusal)
    /// Not this module's business, as the admin decided.
    case ignored(Reason)
    /// The module cannot tell.
    case unavailable(StoreError)
    /// Nobody answered, or nobody could be asked.
    case conversationFailed

    /// The admin's two ways round a code.
    public enum Reason: Equatable, Sendable {
        /// `exempt_group`.
        case exempt
        /// `nullok`, and the store is sound and has no record.
        case notEnrolled
    }
}

/// Where a login comes from.
public struct Place: Sendable {
    /// The PAM service.
    public let service: [UInt8]
    /// The client's address or name; empty for this machine.
    public let address: [UInt8]
    /// What names the source for the throttle: the SSH key where one was used, or the address.
    public let source: SourceID

    /// `key` is the public key that the client logged in with, where sshd says so.
    public init(service: [UInt8], address: [UInt8], key: [UInt8]?) {
        self.service = service
        self.address = address
        let named = key ?? address
        self.source = SourceID(named.span)
    }

    /// Service and address, as the event list shows them.
    public var origin: [UInt8] {
        guard !address.isEmpty else { return service }
        var origin: [UInt8] = []
        origin.reserveCapacity(service.count + 1 + address.count)
        origin.append(copying: service.span)
        origin.append(UInt8(ascii: " "))
        origin.append(copying: address.span)
        return origin
    }
}

extension Outcome.Refusal {
    /// Whether asking again in the same call makes sense.
    var allowsAnotherTry: Bool {
        switch self {
        case .empty, .throttled, .closed, .clock: false
        default: true
        }
    }
}

extension Attempt {
    /// Does the work of a try that can only fail, so that no user, no record and a wrong code
    /// take alike.
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
