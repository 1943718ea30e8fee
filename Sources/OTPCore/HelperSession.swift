/// One connection to swiftotp-helper: an ordinary user who acts on their own second factor.
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
    private var isProven = false
    /// The new authenticator that waits for its code, and its key.
    private var pending: Pending?

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
    private struct Pending: ~Copyable {
        var authenticator: Authenticator
        let key: Secret
        let replaces: Bool
        var tries = 0
    }

    /// How often the code of a new authenticator may be wrong.
    private static var maximumTries: Int { 10 }

    /// What the event list says about where it came from.
    private var origin: [UInt8] {
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
        case .prove(let answer):
            return try attempt(answer, asLoginOf: nil)
        case .login(let service, let answer):
            return try attempt(answer, asLoginOf: service)
        case .begin(let device): return try begin(device)
        case .confirm(let answer): return try confirm(answer)
        case .codes:
            return try changing(.codesRenewed) { (record, now) throws(StoreError) in
                .codes(try record.renewedBackupCodes(at: now, random: random))
            }
        case .remove(let name):
            return try changing(.removed, detail: name.bytes) { (record, _) in
                record.removed(name)
            }
        case .disable:
            guard options.userMayDisable else { return HelperReply.deniedMessage(.policy) }
            let reply = try changing(.disabled) { (record, _) in
                record.removeAll()
                return .done
            }
            // What was proven was about what is gone; whoever enrolls the user next starts anew.
            isProven = false
            return reply
        }
    }

    /// Opens the user's record; `nil` where there is none, and where there is not even a store,
    /// which the first enrollment on a machine makes.
    private func openIfThere() throws(StoreError) -> Records.Session? {
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

    private mutating func attempt(
        _ answer: borrowing Answer, asLoginOf service: [UInt8]?
    ) throws(StoreError) -> [UInt8] {
        guard let session = try openStore().open(user) else {
            return HelperReply.outcomeMessage(.refused(.noRecord), sentences: [])
        }
        defer { session.close() }
        let now = try clock.now()
        let here: [UInt8] = []
        let attempt = Attempt(
            verifier: Verifier(window: options.window), origin: service ?? origin,
            source: SourceID(here.span), successKind: service == nil ? .verified : .login,
            tellsNotices: service != nil)
        let notices = session.withRecord { $0.notices }
        let outcome = try attempt.run(
            answer, on: session, at: now, boot: answer.isTemporaryCode ? clock.boot() : nil)
        journal(.tried(outcome, service: service))
        var sentences: [String] = []
        if case .granted(let factor) = outcome {
            isProven = isProven || service == nil
            let left = session.withRecord { $0.backupCodesLeft }
            if service != nil {
                sentences = notices.sentences(after: factor, at: now, backupCodesLeft: left)
            }
        }
        return HelperReply.outcomeMessage(outcome, sentences: sentences)
    }

    // MARK: A new authenticator

    /// Whether the user may enroll another authenticator now; why not, where not.
    private func refusalToBegin(_ record: borrowing Record) -> HelperReply.Denial? {
        if record.isEnrolled { return isProven ? nil : .proofNeeded }
        return options.firstEnrollment == .open ? nil : .policy
    }

    private mutating func begin(_ device: HelperRequest.NewDevice) throws(StoreError) -> [UInt8] {
        pending = nil
        let now = try clock.now()
        guard now >= Attempt.earliestTime else {
            throw StoreError(.clock, [], "this machine's clock is years behind")
        }
        var names: [Name] = []
        var denial: HelperReply.Denial?
        if let session = try openIfThere() {
            defer { session.close() }
            session.withRecord { record in
                denial = refusalToBegin(record)
                names = record.authenticators.map { $0.name }
            }
        } else {
            denial = refusalToBegin(Record())
        }
        if let denial { return HelperReply.deniedMessage(denial) }
        guard let name = device.name ?? Name.free(beside: names),
            names.contains(name) || names.count < Record.maximumAuthenticators,
            var authenticator = Authenticator(
                name: name, kind: device.kind, algorithm: device.algorithm, digits: device.digits,
                period: device.period, added: now)
        else { return HelperReply.deniedMessage(.full) }
        authenticator.nextStep = device.counter
        var bytes = try random.bytes(Authenticator.keyLength)
        let key = Secret(wiping: &bytes)
        let reply = HelperReply.deviceMessage(
            name: name, replaces: names.contains(name), key: key)
        pending = Pending(authenticator: authenticator, key: key, replaces: names.contains(name))
        return reply
    }

    private mutating func confirm(_ answer: borrowing Answer) throws(StoreError) -> [UInt8] {
        guard var begun = pending.take() else { return HelperReply.deniedMessage(.nothingBegun) }
        let now = try clock.now()
        let confirmation = Confirmation(
            authenticator: begun.authenticator, window: options.window)
        var verdict = Confirmation.Verdict.wrong
        switch answer {
        case .code(let value, let digits):
            verdict = begun.key.withBytes {
                confirmation.judge(value, digits: digits, key: $0, at: now)
            }
        case .backupCode: break
        case .temporaryCode: break
        case .empty: break
        case .malformed: break
        }
        guard case .right(let nextStep, let skew) = verdict else {
            begun.tries += 1
            if begun.tries < Self.maximumTries { pending = consume begun }
            return HelperReply.verdictMessage(verdict)
        }
        begun.authenticator.nextStep = nextStep
        return try keep(begun, skew: skew, at: now)
    }

    private func keep(
        _ begun: borrowing Pending, skew: Int, at now: UInt64
    ) throws(StoreError) -> [UInt8] {
        let name = begun.authenticator.name
        let event = Event(.added, at: now, detail: name.bytes, origin: origin)
        for _ in 0..<16 {
            var result = KeepResult.denied(.full)
            if let session = try openIfThere() {
                defer { session.close() }
                var failure: StoreError?
                session.withRecord { record in
                    do throws(StoreError) {
                        result = try put(begun, into: &record, event)
                    } catch {
                        failure = error
                    }
                }
                if let failure { throw failure }
                if case .kept = result { try session.commit() }
            } else {
                var record = Record()
                result = try put(begun, into: &record, event)
                if case .kept = result {
                    do throws(StoreError) {
                        try makeRecord(record, user)
                    } catch {
                        guard error.code == .exists else { throw error }
                        continue
                    }
                }
            }
            switch result {
            case .denied(let denial): return HelperReply.deniedMessage(denial)
            case .kept(let codes):
                journal(.changed(event))
                return HelperReply.keptMessage(
                    name: name, replaced: begun.replaces, skew: skew, codes: codes)
            }
        }
        throw StoreError(.busy, user.name, "somebody else is changing the record all the time")
    }

    private enum KeepResult {
        case kept([String])
        case denied(HelperReply.Denial)
    }

    private func put(
        _ begun: borrowing Pending, into record: inout Record, _ event: Event
    ) throws(StoreError) -> KeepResult {
        // Afresh: what was true when it began may not be any more.
        if let denial = refusalToBegin(record) { return .denied(denial) }
        let isTaken = record.authenticators.contains { $0.name == begun.authenticator.name }
        guard begun.replaces || !isTaken else { return .denied(.nameTaken) }
        let isAdded = begun.key.withBytes { key in
            do throws(Record.ChangeError) {
                try record.add(begun.authenticator, key: key)
                return true
            } catch {
                return false
            }
        }
        guard isAdded else { return .denied(.full) }
        var codes: [String] = []
        if record.backupCodesLeft == 0 {
            codes = try record.renewedBackupCodes(at: event.time, random: random)
        }
        record.note(event)
        return .kept(codes)
    }

    // MARK: Changes

    /// Changes the record of an enrolled user who has proven who it is.
    private func changing(
        _ kind: Event.Kind, detail: [UInt8] = [],
        _ body: (inout Record, UInt64) throws(StoreError) -> HelperChange
    ) throws(StoreError) -> [UInt8] {
        guard let session = try openStore().open(user) else {
            return HelperReply.deniedMessage(.notEnrolled)
        }
        defer { session.close() }
        guard session.withRecord({ $0.isEnrolled }) else {
            return HelperReply.deniedMessage(.notEnrolled)
        }
        guard isProven else { return HelperReply.deniedMessage(.proofNeeded) }
        let now = try clock.now()
        let event = Event(kind, at: now, detail: detail, origin: origin)
        var change = HelperChange.done
        var failure: StoreError?
        session.withRecord { record in
            do throws(StoreError) {
                change = try body(&record, now)
                if change.isMade { record.note(event) }
            } catch {
                failure = error
            }
        }
        if let failure { throw failure }
        if change.isMade {
            try session.commit()
            journal(.changed(event))
        }
        switch change {
        case .done: return HelperReply.doneMessage
        case .codes(let codes): return HelperReply.codesMessage(codes)
        case .denied(let denial): return HelperReply.deniedMessage(denial)
        }
    }
}

/// What a change came to.
enum HelperChange {
    case done
    case codes([String])
    case denied(HelperReply.Denial)

    var isMade: Bool {
        if case .denied = self { return false }
        return true
    }
}

/// What the helper's log tells.
public enum HelperEntry: Sendable {
    /// A code was tried; for a login, the service is what the caller calls itself.
    case tried(Outcome, service: [UInt8]?)
    /// The second factor was changed.
    case changed(Event)
    /// The store, the key or the clock.
    case trouble(StoreError)
}

extension Record {
    /// Takes an authenticator away, but never the last one.
    mutating func removed(_ name: Name) -> HelperChange {
        guard authenticators.contains(where: { $0.name == name }) else {
            return .denied(.noSuchAuthenticator)
        }
        guard authenticators.count > 1 else { return .denied(.lastAuthenticator) }
        do throws(ChangeError) {
            try remove(name)
            return .done
        } catch {
            return .denied(.noSuchAuthenticator)
        }
    }

    /// Makes new backup codes, and gives them in clear.
    mutating func renewedBackupCodes(
        at now: UInt64, random: some Randomness
    ) throws(StoreError) -> [String] {
        var codes: [String] = []
        try renewBackupCodes(
            at: now, random: { (count) throws(StoreError) in try random.bytes(count) },
            { codes.append($0) })
        return codes
    }
}

extension Name {
    /// `phone`, or the first of `phone-2`, `phone-3`, ... that is not among `taken`.
    public static func free(beside taken: [Name]) -> Name? {
        for number in 1...taken.count + 1 {
            let text = number == 1 ? "phone" : "phone-\(number)"
            if let name = Name(text.utf8), !taken.contains(name) { return name }
        }
        return nil
    }
}
