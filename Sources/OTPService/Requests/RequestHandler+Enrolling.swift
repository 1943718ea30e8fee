import OTPCore
import OTPWire

// A new authenticator: made by `begin`, stored by `confirm` or `keep`.
extension RequestHandler {
    func begin(_ device: DeviceDocument, _ proof: String?) throws(StoreError) -> Reply.Result {
        let now = device.isUnconfirmed ? try clock.now() : try saneTime()
        guard caller != .user || (device.key == nil && !device.isUnconfirmed) else {
            return .denied(reason: .rootOnly)
        }
        guard let new = DeviceOrder(device) else { return .denied(reason: .malformed) }
        var authenticators: [Authenticator] = []
        var isEnrolled = false
        var epoch: UInt64 = 0
        var there: Authenticator?
        var tried: Outcome?
        defer { log(tried) }
        if let session = try open() {
            defer { session.close() }
            isEnrolled = session.withRecord { $0.isEnrolled }
            if isEnrolled, let reply = try refusal(of: proof, on: session, &tried) {
                return reply
            }
            authenticators = session.withRecord { $0.authenticators }
            epoch = session.withRecord { $0.epoch }
            there = session.withRecord { new.authenticator(in: $0) }
        }
        guard isEnrolled || caller != .user || options.firstEnrollment == .open else {
            return .denied(reason: .firstEnrollment(rule: "\(options.firstEnrollment)"))
        }
        // Whoever has only the password of a member would otherwise make themselves a proof.
        if !isEnrolled, caller == .user, let desk = here.helpDesk, try desk.includes(user) {
            return .denied(reason: .firstEnrollment(rule: "helpdesk"))
        }
        let names = authenticators.map(\.name)
        if let there, let name = new.name, name != there.name {
            return .denied(reason: .keyIsThere(name: there.name.text))
        }
        guard let name = new.name ?? there?.name ?? .free(beside: names),
            names.contains(name) || names.count < Record.maximumAuthenticators
        else { return .denied(reason: .full) }
        let old = authenticators.first { $0.name == name && !new.isLike(there) }
        return try begin(
            new, as: name, replacing: old?.added, isBeside: names.contains { $0 != name },
            isFirst: caller == .user && !isEnrolled, in: epoch, at: now)
    }

    private func begin(
        _ new: DeviceOrder, as name: Name, replacing replaced: UInt64?, isBeside: Bool,
        isFirst: Bool, in epoch: UInt64, at now: UInt64
    ) throws(StoreError) -> Reply.Result {
        guard let authenticator = new.authenticator(named: name, added: now) else {
            return .denied(reason: .malformed)
        }
        let key: String
        if let given = new.key {
            key = given
        } else {
            var bytes = try random.bytes(Authenticator.keyLength)
            defer { Secret.wipe(&bytes) }
            key = String(decoding: Base32.encode(bytes.span), as: UTF8.self)
        }
        let ticket = Ticket(
            of: user, by: asking.uid, at: now,
            EnrollmentDocument(
                authenticator, key: key, hasWishedName: new.name != nil, replaced: replaced,
                isFirst: isFirst, epoch: epoch))
        let text = try ticket.seal(in: storeForMore())
        return .begun(
            begun:
                BegunDocument(
                    authenticator, key: key, replaces: replaced != nil, isBeside: isBeside,
                    issuer: Issuer.of(options, on: here.hostName), ticket: text))
    }

    func confirm(_ text: String, _ code: String) throws(StoreError) -> Reply.Result {
        let now = try saneTime()
        guard let ticket = try ticket(text, at: now), var new = ticket.new.enrollment() else {
            return .denied(reason: .ticketVoid)
        }
        let confirmation = Confirmation(
            authenticator: new.authenticator, window: options.window)
        var verdict = Confirmation.Verdict.wrong
        switch RequestHandler.answer(code) {
        case .code(let value, let digits):
            verdict = new.key.withBytes {
                confirmation.judge(value, digits: digits, key: $0, at: now)
            }
        case .backupCode: break
        case .joinedCode: break
        case .temporaryCode: break
        case .empty: break
        case .malformed: break
        }
        if let refused = VerdictDocument(verdict) { return .verdict(verdict: refused) }
        var skew = 0
        if case .right(let nextStep, let found) = verdict {
            new.authenticator.nextStep = nextStep
            skew = found
        }
        return try keep(new, skew: skew, at: now)
    }

    /// Stores it without a code.
    func keep(_ text: String) throws(StoreError) -> Reply.Result {
        let now = try clock.now()
        guard let ticket = try ticket(text, at: now), let new = ticket.new.enrollment() else {
            return .denied(reason: .ticketVoid)
        }
        return try keep(new, skew: 0, at: now)
    }

    private func ticket(_ text: String, at now: UInt64) throws(StoreError) -> Ticket? {
        guard let store = try here.store() else { return nil }
        return try Ticket(text, in: store, for: user, of: asking.uid, at: now)
    }

    private func keep(
        _ new: borrowing Enrollment, skew: Int, at now: UInt64
    ) throws(StoreError) -> Reply.Result {
        let store = try storeForMore()
        let result = try store.edit(user, makesRecord: true) {
            (record) throws(StoreError) -> Edited<Result<Enrollment.Kept, Reply.Denial>> in
            switch try record.enroll(new, at: now, from: origin, random: random) {
            case .success(let kept):
                return kept.event == nil ? .left(.success(kept)) : .kept(.success(kept))
            case .failure(let why):
                let name = new.authenticator.name
                return .left(.failure(Reply.Denial(why, of: name)))
            }
        }
        switch result {
        case .success(let kept):
            if let event = kept.event { log(event) }
            var done = ChangeDocument(kept.event)
            done.authenticator = AuthenticatorDocument(kept.authenticator)
            done.replaced = kept.hasReplaced
            done.skew = skew
            done.backupCodes = kept.backupCodes
            done.trustEnded = kept.trustEnded.map(\.text)
            return .done(change: done)
        case .failure(let refusal): return .denied(reason: refusal)
        case nil: return .denied(reason: .notEnrolled)
        }
    }
}

/// A request for a new authenticator, checked.
private struct DeviceOrder {
    let name: Name?
    let key: String?
    private let kind: Authenticator.Kind
    private let algorithm: HashAlgorithm
    private let device: DeviceDocument

    /// `nil` if something in it is impossible.
    init?(_ device: DeviceDocument) {
        guard let kind = Authenticator.Kind(word: device.kind),
            let algorithm = HashAlgorithm(name: device.algorithm), device.counter < 1 << 48
        else { return nil }
        var name: Name?
        if let text = device.name {
            guard let wished = Name(text.utf8) else { return nil }
            name = wished
        }
        if let text = device.key.map({ Array($0.utf8) }) {
            guard let key = Base32.decode(text.span), HOTP.keyLengthRange.contains(key.count) else {
                return nil
            }
        }
        self.name = name
        self.key = device.key
        self.kind = kind
        self.algorithm = algorithm
        self.device = device
    }

    /// The authenticator in the record that already has the device's key.
    func authenticator(in record: borrowing Record) -> Authenticator? {
        guard let text = key.map({ Array($0.utf8) }), let key = Base32.decode(text.span),
            let name = key.withBytes({ record.name(of: $0) })
        else { return nil }
        return record.authenticators.first { $0.name == name }
    }

    /// Whether it shows the same codes as the authenticator that has its key.
    func isLike(_ there: Authenticator?) -> Bool {
        guard let there, let new = authenticator(named: there.name, added: 0) else { return false }
        return new.showsTheSame(as: there)
    }

    func authenticator(named name: Name, added: UInt64) -> Authenticator? {
        guard
            var authenticator = Authenticator(
                name: name, kind: kind, algorithm: algorithm, digits: device.digits,
                period: device.period, added: added)
        else { return nil }
        authenticator.nextStep = device.counter
        return authenticator
    }
}

extension Reply.Denial {
    /// Why an authenticator of this name was not enrolled.
    fileprivate init(_ refusal: Enrollment.Refusal, of name: Name) {
        switch refusal {
        case .enrolledMeanwhile: self = .enrolledMeanwhile
        case .nameTaken: self = .nameTaken(name: name.text)
        case .full: self = .full
        case .void: self = .ticketVoid
        case .keyIsThere(let other): self = .keyIsThere(name: other.text)
        case .counterIsUsed(let next): self = .counterIsUsed(next: next)
        }
    }
}
