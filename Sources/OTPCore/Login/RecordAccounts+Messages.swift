/// A code on its way to a user who asked for it.
public struct CodeMessage {
    /// Where it goes.
    public let contact: Contact
    /// The code. Whoever sends it keeps no copy.
    public let code: String
    /// Whose login it is for.
    public let user: User
    /// The user's language, if the user has chosen one.
    public let language: Language?
    /// When it ends, in Unix seconds.
    public let end: UInt64
}

// Codes that are sent to users who have no app at hand.

extension RecordAccounts {
    /// How the user can get a code.
    public func offers(to user: User) throws(StoreError) -> [Phrase] {
        guard let session = try openEnrolled(user, in: try openStore()) else {
            return [UserText.noContact]
        }
        defer { session.close() }
        let contacts = session.withRecord { reach(of: $0) }
        guard !contacts.isEmpty else { return [UserText.noContact] }
        return contacts.map { UserText.offer($0) }
    }

    /// Where codes may be sent to the user of a record. To nobody without an authenticator: a code by
    /// message stands in for one, and is no way in of its own.
    private func reach(of record: borrowing Record) -> [Contact] {
        record.authenticators.isEmpty
            ? [] : record.messaging.contacts.filter { options.delivers(by: $0.kind) }
    }

    /// Sends a code, unless there were too many. It is counted before it leaves.
    public func sendCode(
        by kind: MessageKind, to user: User, from place: LoginOrigin
    ) throws(StoreError) -> [Phrase] {
        let records = try openStore()
        let now = try clock.now()
        guard options.delivers(by: kind), let session = try openEnrolled(user, in: records)
        else { return [UserText.noContact] }
        defer { session.close() }
        let (contacts, language) = session.withRecord { (reach(of: $0), $0.language) }
        guard let contact = contacts.first(where: { $0.kind == kind }) else {
            return [UserText.noContact]
        }
        guard now >= MachineTime.earliest else { return [UserText.notSent] }
        let refusal = session.withRecord { record in
            // What is due, such as opening what was closed for long enough.
            _ = record.throttle.repair(at: now, closedFor: options.closedFor)
            return self.refusal(of: record, from: place, at: now)
        }
        if let refusal { return [refusal] }
        guard try records.countMessage(at: now, most: Int(options.deliverHourly)) else {
            return [UserText.tooManyMessages]
        }
        var bytes = try random.bytes(MessageCode.randomLength)
        let salt = try random.bytes(HashedCode.saltLength)
        var code: String?
        session.withRecord { record in
            record.makeMessageCode(
                kind, at: now, boot: clock.boot(), random: &bytes, salt: salt
            ) { code = $0 }
            record.note(
                Event(.codeSent, at: now, detail: Array(kind.word.utf8), origin: place.origin))
        }
        try session.commit()
        // Nobody else waits while it is sent.
        session.close()
        guard let code else { return [UserText.notSent] }
        let message = CodeMessage(
            contact: contact, code: code, user: user, language: language,
            end: now.addingClamped(MessageCode.validity))
        return [send(message) ? UserText.sent(to: contact) : UserText.notSent]
    }

    /// Why no code may be sent now: codes are not accepted, or there were too many.
    private func refusal(
        of record: borrowing Record, from place: LoginOrigin, at now: UInt64
    ) -> Phrase? {
        switch record.throttle.permission(at: now, from: place.source) {
        case .wait(let seconds): UserText.wait(seconds)
        case .closed: UserText.closed
        case .open: record.messaging.wait(at: now).map { UserText.waitForMessage($0) }
        }
    }
}
