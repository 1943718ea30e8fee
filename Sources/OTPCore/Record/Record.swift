/// Everything that is stored about one user's second factor.
///
/// The keys are in one buffer that wipes itself, so a record cannot be copied.
public struct Record: ~Copyable {
    /// How many authenticators a user may have.
    public static let maximumAuthenticators = 5

    /// The apps and tokens, in the order of enrollment. Change them with `add`, `remove` and
    /// `update`, which keep their keys with them.
    public private(set) var authenticators: [Authenticator] = []
    /// The keys' lengths, in the order of `authenticators`.
    private var keyLengths: [Int] = []
    /// The keys: block `i` of 64 bytes belongs to authenticator `i`.
    private var keys = Secret(count: maximumAuthenticators * keyBlock)

    /// The backup codes by index; `nil` for one that was used or never made.
    public internal(set) var backupCodes = BackupSet()
    /// When the set was made, in Unix seconds; 0 for never.
    public internal(set) var backupCodesMade: UInt64 = 0

    /// The temporary code that was issued last, used or not.
    public internal(set) var temporaryCode: IssuedCode?

    /// Failures and known sources.
    public var throttle = Throttle()
    /// The latest events.
    public internal(set) var events = EventLog()
    /// What the user has yet to be told.
    public internal(set) var notices = Notices()

    /// The SSH keys that log in without a code, the oldest first.
    public internal(set) var trusted: [TrustedKey] = []
    /// The answers refused last.
    public internal(set) var refusedAnswers = RefusedAnswers()
    /// How far removed keys were used.
    public internal(set) var keyMemory = KeyMemory()
    /// Rises whenever something that logs in ends. Anything begun under another epoch, such as an
    /// unfinished enrollment, is void.
    public internal(set) var epoch: UInt64 = 0
    /// How often enrolling was put off after the admin's date; the maximum once somebody has
    /// enrolled, so that a `reset` gives no new grace.
    public internal(set) var timesPutOff: UInt8 = 0

    /// The user's language, if the user has chosen one.
    public var language: Language?

    /// Where codes may be sent, and what was sent.
    public internal(set) var messaging = Messaging() {
        didSet { makeRoom() }
    }

    /// The changes noted since the record was read or written that the user is told of. Not stored.
    public private(set) var untold: [Event] = []

    static let keyBlock = HOTP.keyLengthRange.upperBound

    /// The record of a user who has nothing yet.
    public init() {}

    /// Whether there is anything to log in with; if not, the user counts as one without a record. A
    /// temporary code counts until it is used, so that its expiry lets nobody in unasked.
    public var isEnrolled: Bool {
        !authenticators.isEmpty || backupCodesLeft > 0 || temporaryCode?.used == 0
    }

    /// Whether the user was ever enrolled or reset.
    public var wasEnrolled: Bool { timesPutOff == .max }

    /// Records an event, and a notice to the user if it is of such a kind.
    public mutating func note(_ event: Event) {
        events.append(event)
        makeRoom()
        guard event.kind.isTold else { return }
        notices.append(event)
        untold.append(event)
    }

    /// Takes an event back, because another one is going to say the same.
    mutating func takeBack(_ event: Event) {
        events.remove(event)
        notices.remove(event)
        untold.removeAll { $0 == event }
    }

    /// Takes the changes that were noted, once they are on the disk.
    public mutating func takeUntold() -> [Event] {
        defer { untold = [] }
        return untold
    }

    /// What happened, the latest first, followed by changes that later events have pushed out.
    public var happened: [Event] {
        let events = events.events
        return (notices.changes.filter { !events.contains($0) } + events).reversed()
    }

    /// Why a record could not be changed as asked.
    public enum ChangeError: Error, Equatable {
        /// There are five authenticators already.
        case full
        /// The key is shorter than 80 bits or longer than 512.
        case keyLength
        /// No authenticator has this name.
        case noSuchAuthenticator
        /// Another authenticator has this key.
        case keyIsThere(Name)
    }

    /// Adds an authenticator with its key; it replaces one of the same name. What was used of the
    /// key stays used, whatever its name was. The caller decides whether a short key is allowed.
    public mutating func add(
        _ authenticator: Authenticator, key: Span<UInt8>
    ) throws(ChangeError) {
        guard Record.keyLengthRange.contains(key.count) else { throw .keyLength }
        if let other = name(of: key), other != authenticator.name { throw .keyIsThere(other) }
        var authenticator = authenticator
        if let old = authenticators.firstIndex(where: { $0.name == authenticator.name }) {
            forget(old)
            raiseEpoch()
        }
        if !keyMemory.isEmpty {
            let used = keyMemory.nextStep(of: authenticator, KeyMemory.Mark(of: key))
            authenticator.nextStep = max(authenticator.nextStep, used)
        }
        let existing = authenticators.firstIndex { $0.name == authenticator.name }
        let index = existing ?? authenticators.count
        guard index < Record.maximumAuthenticators else { throw .full }
        timesPutOff = .max
        // A code typed too early is worth another check: a token shows it until it is pressed
        // again.
        refusedAnswers = RefusedAnswers()
        if existing == nil {
            authenticators.append(authenticator)
            keyLengths.append(key.count)
        } else {
            authenticators[index] = authenticator
            keyLengths[index] = key.count
        }
        let start = index * Record.keyBlock
        keys.put(key, in: start..<start + Record.keyBlock)
    }

    /// Removes an authenticator and its key.
    public mutating func remove(_ name: Name) throws(ChangeError) {
        guard let index = authenticators.firstIndex(where: { $0.name == name }) else {
            throw .noSuchAuthenticator
        }
        forget(index)
        raiseEpoch()
        authenticators.remove(at: index)
        keyLengths.remove(at: index)
        keys.withMutableBytes { block in
            // Move the following keys one block up, and leave zeros at the end.
            let blocks = Record.maximumAuthenticators * Record.keyBlock
            for offset in index * Record.keyBlock..<blocks {
                let next = offset + Record.keyBlock
                block[offset] = next < blocks ? block[next] : 0
            }
        }
    }

    /// The name of the authenticator with this key. Trailing zeros, which HMAC pads keys with, make
    /// no difference.
    public func name(of key: Span<UInt8>) -> Name? {
        for index in authenticators.indices
        where withKey(of: index, { Record.areAlike($0, key) }) {
            return authenticators[index].name
        }
        return nil
    }

    private static func areAlike(_ one: Span<UInt8>, _ other: Span<UInt8>) -> Bool {
        var difference: UInt8 = 0
        for index in 0..<max(one.count, other.count) {
            let byte = index < one.count ? one[index] : 0
            difference |= byte ^ (index < other.count ? other[index] : 0)
        }
        return difference == 0
    }

    /// The mark of the key of authenticator `index`.
    func mark(of index: Int) -> KeyMemory.Mark { withKey(of: index) { KeyMemory.Mark(of: $0) } }

    /// Remembers how far authenticator `index` was used, and ends the trust that it granted, before
    /// it is removed.
    private mutating func forget(_ index: Int) {
        let mark = mark(of: index)
        keyMemory.remember(authenticators[index], mark)
        trusted.removeAll { $0.origin == mark }
    }

    /// Begins another epoch; with a time, one that no record of this user ever had.
    public mutating func raiseEpoch(at now: UInt64 = 0) {
        epoch = max(epoch.addingClamped(1), now)
    }

    /// Changes authenticator `index`, but not its key.
    mutating func update(_ index: Int, _ change: (inout Authenticator) -> Void) {
        if authenticators.indices.contains(index) { change(&authenticators[index]) }
    }

    /// The key of authenticator `index`, while `body` runs; empty if there is none.
    public func withKey<Result>(of index: Int, _ body: (Span<UInt8>) -> Result) -> Result {
        keys.withBytes { block in
            guard authenticators.indices.contains(index) else {
                return body(block.extracting(0..<0))
            }
            let start = index * Record.keyBlock
            return body(block.extracting(start..<start + keyLengths[index]))
        }
    }

    /// How many backup codes can still be used.
    public var backupCodesLeft: Int { backupCodes.left }

    /// Replaces the backup codes by a new set.
    ///
    /// `random` gives each code `BackupCode.randomLength` bytes and each salt
    /// `HashedCode.saltLength`; `body` gets the codes in clear, one by one.
    public mutating func renewBackupCodes<Failure: Error>(
        at now: UInt64, random: (Int) throws(Failure) -> [UInt8], _ body: (String) -> Void
    ) throws(Failure) {
        var renewed = BackupSet()
        for index in 0..<BackupCode.setSize {
            var bytes = try random(BackupCode.randomLength)
            defer { Secret.wipe(&bytes) }
            let salt = try random(HashedCode.saltLength)
            guard let code = BackupCode(index: index, random: bytes.span) else { continue }
            renewed[index] = code.hashed(salt: salt)
            body(code.text)
        }
        backupCodes = renewed
        backupCodesMade = now
        notices.remindsOfBackupCodes = false
    }

    /// Replaces any older temporary code by a new one, and passes it to `body` in clear.
    ///
    /// `random` gives `TemporaryCode.randomLength` bytes, and a salt of `HashedCode.saltLength`.
    public mutating func issueTemporaryCode(
        at now: UInt64, validFor seconds: UInt64, boot: BootTime?, random: inout [UInt8],
        salt: [UInt8], _ body: (String) -> Void
    ) {
        defer { Secret.wipe(&random) }
        guard let code = TemporaryCode(random: random.span), let hash = code.hashed(salt: salt)
        else { return }
        temporaryCode = IssuedCode(hash, at: now, validFor: seconds, boot: boot)
        raiseEpoch()
        body(code.text)
    }

    /// Revokes the temporary code; whether there was an unused one.
    @discardableResult
    public mutating func revokeTemporaryCode() -> Bool {
        guard let code = temporaryCode else { return false }
        raiseEpoch()
        temporaryCode = nil
        return code.used == 0
    }

    /// Replaces another record of the same user that has nothing to log in with: what was used
    /// there stays used, and what was void there stays void.
    public mutating func succeed(_ other: borrowing Record) {
        epoch = max(epoch, other.epoch)
        timesPutOff = max(timesPutOff, other.timesPutOff)
        for index in authenticators.indices {
            let used = other.keyMemory.nextStep(of: authenticators[index], mark(of: index))
            update(index) { $0.nextStep = max($0.nextStep, used) }
        }
        keyMemory.remember(other.keyMemory)
        language = language ?? other.language
        messaging.succeed(other.messaging)
    }

    /// Removes everything that logs in. Events, notices and the use of keys stay; enrolling cannot
    /// be put off afterwards.
    public mutating func removeAll() {
        for index in authenticators.indices { forget(index) }
        var emptied = Record()
        emptied.keyMemory = keyMemory
        emptied.epoch = epoch
        emptied.raiseEpoch()
        emptied.events = events
        emptied.notices = notices
        emptied.timesPutOff = .max
        emptied.language = language
        emptied.messaging = messaging
        emptied.messaging.end()
        emptied.untold = untold
        emptied.notices.remindsOfBackupCodes = false
        self = emptied
    }
}
