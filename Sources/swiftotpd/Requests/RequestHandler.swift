import OTPCore
import OTPStore
import OTPWire

/// One request: who asks, about whom, and what the options say. The files next to this one have the
/// commands.
struct RequestHandler {
    let caller: Rights.Caller
    /// The user to act on; for a request about everybody, the caller.
    let user: User
    /// The caller.
    let asking: User
    /// Who gave the command.
    let operatorName: [UInt8]
    let options: Options
    let right: Rights.Right
    /// Looked for once per connection.
    private let leftovers: Store.Leftovers
    /// Tells users what was changed, once that is done.
    let announcer: Announcer

    let clock = SystemClock()
    let random = SystemRandom()

    /// Why nothing is done.
    struct Refusal: Error {
        let denial: Reply.Denial
    }

    /// Collects what a request needs, and checks whether it is allowed.
    static func make(
        for request: Request, of peer: Peer, _ settings: Settings, _ leftovers: Store.Leftovers
    ) throws(StoreError) -> Result<RequestHandler, Refusal> {
        let users = SystemUsers()
        // A UID without a name on this system stands for several people, who must not share a
        // second factor (user_namespaces(7)).
        guard peer.user != Peer.nobody, let asking = try users.user(withID: peer.user) else {
            ServiceLog.writeUnknownUser(peer.user)
            return .failure(Refusal(denial: .unknownUser))
        }
        var user = asking
        if let name = request.user {
            guard let found = try users.user(named: Array(name.utf8)) else {
                return .failure(Refusal(denial: .unknownUser))
            }
            user = found
        }
        let options = try ConfigurationFile.options(settings.arguments)
        let kind = Rights.kind(of: request.command)
        var caller: Rights.Caller = peer.user == 0 ? .root : peer.isOwner ? .owner : .user
        var target: Rights.Target =
            kind.isAboutEverybody ? .everybody : user.uid == peer.user ? .oneself : .somebodyElse
        if caller == .user, target != .oneself, let desk = HelpDesk(options),
            try desk.includes(asking)
        {
            caller = .helper
            if target == .somebodyElse, try desk.protects(user) { target = .protected }
        }
        let right = Rights.right(to: kind, of: caller, about: target)
        guard right != .denied else {
            return .failure(Refusal(denial: target == .protected ? .protected : .rootOnly))
        }
        return .success(
            RequestHandler(
                caller: caller, user: user, asking: asking,
                operatorName: caller == .root
                    ? request.by.map { Array($0.utf8) } ?? asking.name : asking.name,
                options: options, right: right, leftovers: leftovers,
                announcer: Announcer(settings, options)))
    }

    private init(
        caller: Rights.Caller, user: User, asking: User, operatorName: [UInt8],
        options: Options, right: Rights.Right, leftovers: Store.Leftovers, announcer: Announcer
    ) {
        self.announcer = announcer
        self.caller = caller
        self.asking = asking
        self.user = user
        self.operatorName = operatorName
        self.options = options
        self.right = right
        self.leftovers = leftovers
    }

    /// Does what is asked for.
    func run(_ request: Request) throws(StoreError) -> Reply.Result {
        caller == .helper && right == .withOwnProof ? try help(request) : try perform(request)
    }

    func perform(_ request: Request) throws(StoreError) -> Reply.Result {
        switch request.command {
        case .policy:
            let isForRoot = caller == .root || caller == .owner
            return .policy(
                policy: PolicyDocument(options, on: SystemHost.name(), isForRoot: isForRoot))
        case .status: return try status()
        case .recorded(let number): return try recorded(after: number)
        case .rows(let numbers): return try rows(of: numbers)
        case .verify(let code): return try verify(code)
        case .resync(let first, let second, let name):
            return try resync(first, second, of: name)
        case .renewBackupCodes: return try renewBackupCodes(request.proof)
        case .remove(let name): return try remove(name, request.proof)
        case .revokeTrust(let fingerprint): return try revokeTrust(in: fingerprint, request.proof)
        case .disable: return try disable(request.proof)
        case .speak(let language, let unlessSet):
            return try speak(language, unlessSet: unlessSet)
        case .reset: return try reset()
        case .move(let old, let rehearses): return try move(from: old, rehearses: rehearses)
        case .forget(let record): return try forget(record)
        case .unlock(let seconds): return try unlock(after: seconds)
        case .issue(let seconds, let address): return try issue(for: seconds, to: address)
        case .revokeIssued: return try revokeIssued()
        case .contact(let kind, let address):
            return try setContact(kind, address, request.proof)
        case .confirmContact(let ticket, let code): return try confirmContact(ticket, code)
        case .begin(let device): return try begin(device, request.proof)
        case .confirm(let ticket, let code): return try confirm(ticket, code)
        case .keep(let ticket): return try keep(ticket)
        case .take(let token, let rehearses, let isMeant, let allowsShortKeys):
            return try take(
                token, rehearses: rehearses, isMeant: isMeant, allowsShortKeys: allowsShortKeys)
        case .helpDesk: return try helpDesk()
        case .mailReport(let address, let text): return mailReport(text, to: address)
        case .keys(let numbers): return try keys(of: numbers)
        case .noteExport(let names): return try noteExport(of: names)
        case .makeStore(let startsEmpty): return try makeStore(startsEmpty: startsEmpty)
        case .rekey(let step): return try rekey(step)
        }
    }

    // MARK: What all of them use

    /// For the event list: where a change came from, and who made it.
    var origin: [UInt8] { Array("otp-enroll ".utf8) + operatorName }

    func event(_ kind: Event.Kind, detail: [UInt8] = [], at now: UInt64) -> Event {
        Event(kind, at: now, detail: detail, origin: origin)
    }

    /// How a try is made; a success is recorded as `kind`.
    func attempt(as kind: Event.Kind) -> Attempt {
        Attempt(
            verifier: Verifier(window: options.window), origin: origin, source: .command,
            successKind: kind, closedFor: options.closedFor)
    }

    /// The store; `nil` if there is none yet.
    func store() throws(StoreError) -> Store? {
        let store = try Store.openIfMade(path: options.store, leftovers: leftovers)
        store.map { announcer.listen(to: $0) }
        return store
    }

    /// Opens the record of the user; `nil` if there is none, under another UID either.
    func open() throws(StoreError) -> RecordFile? {
        guard let store = try store() else { return nil }
        if let session = try store.open(user) { return session }
        try store.checkOtherNumber(of: user)
        return nil
    }

    /// The store, to add something to it: root makes it if there is none, and so does the owner of
    /// a service of their own.
    func storeForMore() throws(StoreError) -> Store {
        guard caller == .root || caller == .owner else {
            if let store = try store() { return store }
            throw Store.notMade(options.store)
        }
        let (store, made) = try Store.make(path: options.store, leftovers: leftovers)
        ServiceLog.write(made, store, by: operatorName)
        announcer.listen(to: store)
        return store
    }

    /// Makes the store, if there is none.
    func makeStore(startsEmpty: Bool) throws(StoreError) -> Reply.Result {
        let new = try MadeStore(path: options.store, startsEmpty: startsEmpty, by: operatorName)
        return .store(
            store: StoreDocument(
                path: String(decoding: new.store.path, as: UTF8.self),
                keyPath: String(decoding: new.store.keyPath, as: UTF8.self),
                made: new.made.rawValue, records: try new.store.userIDs().count))
    }

    /// Logs an event.
    func log(_ event: Event) { log(LogLine(event)) }

    /// Logs how a try ended, if there was one. Not while a record is locked: a log may be slow.
    func log(_ outcome: Outcome?) {
        if let outcome { log(LogLine(trying: outcome)) }
    }

    func log(_ line: consuming LogLine) {
        line.add("by", outside: operatorName)
        line.add("user", outside: user.name)
        ServiceLog.writeChange(line)
    }

    /// Classifies what was typed, as sent by a program.
    static func answer(_ typed: String) -> Answer {
        var bytes = Array(typed.utf8)
        defer { Secret.wipe(&bytes) }
        return Answer(bytes.span)
    }
}
