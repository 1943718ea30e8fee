import OTPCore
import OTPWire

/// One request: who asks, about whom, and what right they have to it. The files next to this one
/// have the commands.
///
/// Whoever makes a handler has found out who asks, and looked the right up in `Rights`.
public struct RequestHandler<Here: Surroundings> {
    /// Whose program asks.
    public let caller: Rights.Caller
    /// The user to act on; for a request about everybody, the caller.
    public let user: User
    /// The caller.
    public let asking: User
    /// Who gave the command, for the log and the event list.
    public let operatorName: [UInt8]
    let right: Rights.Right
    /// Where the request is answered.
    public let here: Here

    /// `right` is the one that `caller` has to the request that will be run, about `user`.
    public init(
        for caller: Rights.Caller, about user: User, asking: User, operatorName: [UInt8],
        right: Rights.Right, in here: Here
    ) {
        self.caller = caller
        self.user = user
        self.asking = asking
        self.operatorName = operatorName
        self.right = right
        self.here = here
    }

    /// Does what is asked for, if there is a right to it. Throws if the store, the key, the
    /// configuration or the clock cannot be relied on.
    public func run(_ request: Request) throws(StoreError) -> Reply.Result {
        switch right {
        case .denied: return .denied(reason: .rootOnly)
        case .withOwnProof: return try help(request)
        case .allowed, .withProof: return try perform(request)
        }
    }

    func perform(_ request: Request) throws(StoreError) -> Reply.Result {
        switch request.command {
        case .policy:
            let isForRoot = caller == .root || caller == .owner
            return .policy(
                policy: PolicyDocument(options, on: here.hostName, isForRoot: isForRoot))
        case .status: return try status()
        case .recorded(let number, let name): return try recorded(after: number, name: name)
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
        case .move(let old, let rehearses):
            return try here.perform(.move(from: old, rehearses: rehearses), for: self)
        case .forget(let record): return try here.perform(.forget(record: record), for: self)
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
        case .makeStore(let startsEmpty):
            return try here.perform(.make(startsEmpty: startsEmpty), for: self)
        case .bring(let numbers, let adds, let rehearses):
            return try here.perform(
                .bring(of: numbers, adds: adds, rehearses: rehearses), for: self)
        case .rekey(let step): return try here.perform(.rekey(step: step), for: self)
        case .backUp(let step): return try here.perform(.backUp(step: step), for: self)
        case .restore(
            let records, let time, let window, let keepsCodes, let bringsBack, let rehearses):
            let order = RestoreOrder(
                records: records, time: time, window: window, keepsCodes: keepsCodes,
                bringsBack: bringsBack, rehearses: rehearses)
            return try here.perform(.restore(order), for: self)
        }
    }

    // MARK: What all of them use

    var options: Options { here.options }
    var clock: any Clock { here.clock }
    var random: any Randomness { here.random }
    var announcer: Here.Announcer { here.announcer }

    /// For the event list: where a change came from, and who made it.
    var origin: [UInt8] { Array("otp-enroll ".utf8) + operatorName }

    /// An event of this request's.
    public func event(_ kind: Event.Kind, detail: [UInt8] = [], at now: UInt64) -> Event {
        Event(kind, at: now, detail: detail, origin: origin)
    }

    /// How a try is made; a success is recorded as `kind`.
    func attempt(as kind: Event.Kind) -> Attempt {
        Attempt(
            verifier: Verifier(window: options.window), origin: origin, source: here.source,
            successKind: kind, closedFor: options.closedFor)
    }

    /// Opens the record of the user; `nil` if there is none, under another UID either.
    func open() throws(StoreError) -> Here.Records.Session? {
        guard let store = try here.store() else { return nil }
        if let session = try store.open(user) { return session }
        try store.checkOtherNumber(of: user)
        return nil
    }

    /// The store, to add something to it.
    func storeForMore() throws(StoreError) -> Here.Records {
        try here.storeForMore(for: caller, by: operatorName)
    }

    /// Logs an event.
    public func log(_ event: Event) { log(LogLine(event)) }

    /// Logs how a try ended, if there was one. Not while a record is locked: a log may be slow.
    func log(_ outcome: Outcome?) {
        if let outcome { here.logTry(signed(LogLine(trying: outcome))) }
    }

    /// Logs a line, with who gave the command and whom it is about.
    public func log(_ line: LogLine) { here.log(.notice, signed(line)) }

    private func signed(_ line: LogLine) -> LogLine {
        var line = line
        line.add("by", outside: operatorName)
        line.add("user", outside: user.name)
        return line
    }

    /// Classifies what was typed, as sent by a program.
    static func answer(_ typed: String) -> Answer {
        var bytes = Array(typed.utf8)
        defer { Secret.wipe(&bytes) }
        return Answer(bytes.span)
    }
}
