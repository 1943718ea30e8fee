import OTPCore
import OTPWire

// Where codes are sent to a user. Root and the help desk say so; users show that they can read what
// is sent there.
extension RequestHandler {
    /// Sets or removes a contact, or begins that.
    func setContact(
        _ word: String, _ address: String?, _ proof: String?
    ) throws(StoreError) -> Reply.Result {
        let now = try clock.now()
        guard let kind = MessageKind(word: word) else { return .denied(reason: .malformed) }
        guard let address else { return try endContact(kind, proof) }
        guard let contact = Contact(kind, address, since: now) else {
            return .denied(reason: .malformed)
        }
        return caller == .user ? try begin(contact, proof) : try set(contact, at: now)
    }

    /// Sets a contact at once, even for a user who is not enrolled yet.
    private func set(_ contact: Contact, at now: UInt64) throws(StoreError) -> Reply.Result {
        var (old, language) = (Contact?.none, Language?.none)
        let event = event(.contactChanged, detail: contact.summary, at: now)
        let isChanged = try storeForMore().edit(user, makesRecord: true) { (record) in
            (old, language) = (record.messaging.contact(contact.kind), record.language)
            guard old?.text != contact.text else { return .left(false) }
            record.setContact(contact, contact.kind)
            record.note(event)
            return .kept(true)
        }
        guard isChanged == true else { return .done(change: ChangeDocument(nil)) }
        log(event)
        if let old { announcer.tell(old: old, of: user, in: language, at: now) }
        return .done(change: ChangeDocument(event))
    }

    private func endContact(
        _ kind: MessageKind, _ proof: String?
    ) throws(StoreError) -> Reply.Result {
        var (old, language, time) = (Contact?.none, Language?.none, UInt64(0))
        let reply = try change(.contactChanged, proof, isForEnrolled: caller == .user) {
            (record, now) in
            guard let contact = record.messaging.contact(kind) else {
                return .failure(.noContact)
            }
            (old, language, time) = (contact, record.language, now)
            record.setContact(nil, kind)
            return .success(Array("\(kind.word) none".utf8))
        }
        if let old { announcer.tell(old: old, of: user, in: language, at: time) }
        return reply
    }

    /// Sends a code to the contact that a user wishes for; it counts as any other code sent.
    private func begin(_ contact: Contact, _ proof: String?) throws(StoreError) -> Reply.Result {
        guard try delivers(contact.kind), let store = try here.store() else {
            return .denied(reason: .notDelivered)
        }
        var tried: Outcome?
        defer { log(tried) }
        guard let session = try open() else { return .denied(reason: .notEnrolled) }
        defer { session.close() }
        guard session.withRecord({ $0.isEnrolled }) else { return .denied(reason: .notEnrolled) }
        let now = try saneTime()
        if let wait = session.withRecord({ $0.messaging.wait(at: now) }) {
            return .denied(reason: .messageWait(seconds: wait))
        }
        if let reply = try refusal(of: proof, on: session, &tried) { return reply }
        guard try store.countMessage(at: now, most: Int(options.deliverHourly)) else {
            return .denied(reason: .tooManyMessages)
        }
        return try send(to: contact, of: session, in: store, at: now)
    }

    private func send(
        to contact: Contact, of session: Here.Records.Session, in store: Here.Records,
        at now: UInt64
    ) throws(StoreError) -> Reply.Result {
        var bytes = try random.bytes(MessageCode.randomLength)
        defer { Secret.wipe(&bytes) }
        guard let code = MessageCode(random: bytes.span) else { return .denied(reason: .unsent) }
        let (epoch, language) = session.withRecord { record in
            record.countMessage(at: now)
            return (record.epoch, record.language)
        }
        try session.commit()
        session.close()
        let ticket = ContactTicket(of: user, contact, code: code.value, epoch: epoch)
        let text = try ticket.seal(in: store)
        let isSent = announcer.send(
            code.text, to: contact, of: user, in: language,
            until: now &+ MessageCode.validity)
        return isSent ? .contactBegun(ticket: text) : .denied(reason: .unsent)
    }

    /// Whether the user may get codes by this kind of message.
    private func delivers(_ kind: MessageKind) throws(StoreError) -> Bool {
        guard options.delivers(by: kind) else { return false }
        guard let group = options.deliverFor else { return true }
        return try here.users.isMember(user, of: group)
    }

    /// Sets the ticket's contact, if this is the code that was sent there.
    func confirmContact(_ text: String, _ code: String) throws(StoreError) -> Reply.Result {
        let now = try saneTime()
        guard let store = try here.store(), let session = try store.open(user) else {
            return .denied(reason: .notEnrolled)
        }
        defer { session.close() }
        guard let ticket = try ContactTicket(text, in: store, for: user, at: now),
            let contact = ticket.contact(at: now),
            session.withRecord({ $0.isEnrolled && $0.epoch == ticket.epoch })
        else { return .denied(reason: .ticketVoid) }
        let (old, language) = session.withRecord {
            ($0.messaging.contact(contact.kind), $0.language)
        }
        let event = event(.contactChanged, detail: contact.summary, at: now)
        let refusal = try attempt(as: .contactChanged).run(
            contact, event, isRight: ticket.isRight(RequestHandler.answer(code)), on: session,
            at: now)
        session.close()
        if let refusal {
            log(.refused(refusal))
            return .outcome(outcome: OutcomeDocument(.refused(refusal), authenticators: []))
        }
        log(event)
        if let old, old.text != contact.text {
            announcer.tell(old: old, of: user, in: language, at: now)
        }
        return .done(change: ChangeDocument(event))
    }
}

extension Contact {
    /// The contact as the event list has it.
    fileprivate var summary: [UInt8] { Array("\(kind.word) \(masked)".utf8) }
}
