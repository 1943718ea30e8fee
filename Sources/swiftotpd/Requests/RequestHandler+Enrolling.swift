import OTPCore
import OTPStore
import OTPWire

// A new authenticator: made by `begin`, kept by `confirm` or `keep`.
extension RequestHandler {
    func begin(_ device: DeviceDocument, _ proof: String?) throws(StoreError) -> Reply.Result {
        let now = device.isUnconfirmed ? try clock.now() : try saneTime()
        guard caller != .user || (device.key == nil && !device.isUnconfirmed) else {
            return .denied(reason: .rootOnly)
        }
        guard let new = DeviceOrder(device) else { return .denied(reason: .malformed) }
        var authenticators: [Authenticator] = []
        var isEnrolled = false
        if let session = try store()?.open(user) {
            defer { session.close() }
            isEnrolled = session.withRecord { $0.isEnrolled }
            if isEnrolled, let reply = try refusal(of: proof, on: session) { return reply }
            authenticators = session.withRecord { $0.authenticators }
        }
        guard isEnrolled || caller != .user || options.firstEnrollment == .open else {
            return .denied(reason: .firstEnrollment(rule: "\(options.firstEnrollment)"))
        }
        let names = authenticators.map(\.name)
        guard let name = new.name ?? .free(beside: names),
            names.contains(name) || names.count < Record.maximumAuthenticators
        else { return .denied(reason: .full) }
        return try begin(
            new, as: name, replacing: authenticators.first { $0.name == name }?.added,
            isFirst: caller == .user && !isEnrolled, at: now)
    }

    private func begin(
        _ new: DeviceOrder, as name: Name, replacing replaced: UInt64?, isFirst: Bool,
        at now: UInt64
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
            of: user, by: askingUID, at: now, authenticator, key: key,
            hasWishedName: new.name != nil, replaced: replaced, isFirst: isFirst,
            isProven: right == .withProof && !isFirst)
        let text = try ticket.seal(in: storeForMore())
        return .begun(
            begun:
                BegunDocument(authenticator, key: key, replaces: replaced != nil, ticket: text))
    }

    func confirm(_ text: String, _ code: String) throws(StoreError) -> Reply.Result {
        let now = try saneTime()
        guard let ticket = try ticket(text, at: now), var new = ticket.enrollment() else {
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
        return try keep(new, isProven: ticket.isProven, skew: skew, at: now)
    }

    /// Keeps it without a code.
    func keep(_ text: String) throws(StoreError) -> Reply.Result {
        let now = try clock.now()
        guard let ticket = try ticket(text, at: now), let new = ticket.enrollment() else {
            return .denied(reason: .ticketVoid)
        }
        return try keep(new, isProven: ticket.isProven, skew: 0, at: now)
    }

    private func ticket(_ text: String, at now: UInt64) throws(StoreError) -> Ticket? {
        guard let store = try store() else { return nil }
        return try Ticket(text, in: store, for: user, of: askingUID, at: now)
    }

    private func keep(
        _ new: borrowing Enrollment, isProven: Bool, skew: Int, at now: UInt64
    ) throws(StoreError) -> Reply.Result {
        let store = try storeForMore()
        let result = try store.edit(user, makesRecord: true) {
            (record) throws(StoreError) -> Edited<Result<Enrollment.Kept, Refusal>> in
            // What was proven was about what is gone: whoever enrolls the user next starts anew.
            if isProven, !record.isEnrolled {
                return .left(.failure(Refusal(denial: .ticketVoid)))
            }
            switch try record.enroll(new, at: now, from: origin, random: random) {
            case .success(let kept): return .kept(.success(kept))
            case .failure(.enrolledMeanwhile):
                return .left(.failure(Refusal(denial: .enrolledMeanwhile)))
            case .failure(.nameTaken):
                let name = new.authenticator.name.text
                return .left(.failure(Refusal(denial: .nameTaken(name: name))))
            case .failure(.full): return .left(.failure(Refusal(denial: .full)))
            }
        }
        switch result {
        case .success(let kept):
            log(kept.event)
            var done = ChangeDocument(kept.event)
            done.authenticator = AuthenticatorDocument(kept.authenticator)
            done.replaced = kept.hasReplaced
            done.skew = skew
            done.backupCodes = kept.backupCodes
            return .done(change: done)
        case .failure(let refusal): return .denied(reason: refusal.denial)
        case nil: return .denied(reason: .notEnrolled)
        }
    }

    // MARK: From other programs

    /// Keeps what another program had, with its codes that were used there.
    func take(_ token: TokenDocument, rehearses: Bool) throws(StoreError) -> Reply.Result {
        let text = Array(token.key.utf8)
        guard let key = Base32.decode(text.span), HOTP.keyLengthRange.contains(key.count),
            var authenticator = token.authenticator.authenticator
        else { return .denied(reason: .badKey) }
        // Looked at first, so that a second run writes nothing.
        let before = try place(for: authenticator.name, key)
        switch before {
        case .failure(let refusal): return .denied(reason: refusal.denial)
        case .success(let place):
            if rehearses || !place.isNew {
                return .taken(name: place.name.text, isNew: place.isNew)
            }
        }
        let now = try clock.now()
        authenticator.added = now
        let store = try storeForMore()
        var event: Event?
        let result = try store.edit(user, makesRecord: true) {
            (record) -> Edited<Result<Place, Refusal>> in
            let found = RequestHandler.place(for: authenticator.name, key, in: record)
            guard case .success(let place) = found, place.isNew else { return .left(found) }
            var new = authenticator
            new.name = place.name
            let isAdded = key.withBytes { key in
                do throws(Record.ChangeError) {
                    try record.add(new, key: key)
                    return true
                } catch {
                    return false
                }
            }
            guard isAdded else { return .left(.failure(Refusal(denial: .badKey))) }
            let made = self.event(.imported, detail: place.name.bytes, at: now)
            record.note(made)
            event = made
            return .kept(found)
        }
        if let event { log(event) }
        switch result {
        case .success(let place): return .taken(name: place.name.text, isNew: place.isNew)
        case .failure(let refusal): return .denied(reason: refusal.denial)
        case nil: return .denied(reason: .notEnrolled)
        }
    }

    /// What a token is called here, or would be.
    private struct Place {
        let name: Name
        let isNew: Bool
    }

    private func place(
        for wish: Name, _ key: borrowing Secret
    ) throws(StoreError) -> Result<Place, Refusal> {
        guard let session = try store()?.openForReading(user) else {
            let nothing = Record()
            return RequestHandler.place(for: wish, key, in: nothing)
        }
        defer { session.close() }
        return session.withRecord { RequestHandler.place(for: wish, key, in: $0) }
    }

    /// The name that the key has in `record` already, or a free one like `wish`.
    private static func place(
        for wish: Name, _ key: borrowing Secret, in record: borrowing Record
    ) -> Result<Place, Refusal> {
        for (index, authenticator) in record.authenticators.enumerated() {
            let isSame = record.withKey(of: index) { kept in
                key.withBytes { $0.isEqual(to: kept) }
            }
            if isSame { return .success(Place(name: authenticator.name, isNew: false)) }
        }
        let taken = record.authenticators.map(\.name)
        guard taken.count < Record.maximumAuthenticators else {
            return .failure(Refusal(denial: .full))
        }
        let candidates =
            [wish.text] + (2...taken.count + 2).map { "\(wish.text.prefix(28))-\($0)" }
        let name = candidates.lazy.compactMap { Name($0.utf8) }.first { !taken.contains($0) }
        guard let name else { return .failure(Refusal(denial: .noName)) }
        return .success(Place(name: name, isNew: true))
    }
}

/// A wish for a new authenticator that can be met.
private struct DeviceOrder {
    let name: Name?
    let key: String?
    private let kind: Authenticator.Kind
    private let algorithm: HashAlgorithm
    private let device: DeviceDocument

    /// `nil` where something in it cannot be.
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
